/// What SASL OAUTHBEARER shows to brokers. It holds a secret.
package struct KafkaToken: Sendable, Equatable {
    /// The token as its server gave it.
    package var text: String
    /// Who it is for, for logs of the library.
    package var principal: String
    /// Milliseconds since 1970 after which it is not valid; the library asks for another at four fifths of the way there.
    package var expiry: Int64
    /// Names and values that go along.
    package var extensions: [(name: String, value: String)]

    package init(
        _ text: String, principal: String, expiry: Int64, extensions: [(name: String, value: String)] = []
    ) {
        self.text = text
        self.principal = principal
        self.expiry = expiry
        self.extensions = extensions
    }

    package static func == (left: KafkaToken, right: KafkaToken) -> Bool {
        left.text == right.text && left.principal == right.principal && left.expiry == right.expiry
            && left.extensions.elementsEqual(right.extensions) { $0 == $1 }
    }
}
