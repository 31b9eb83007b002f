internal import Bytes
internal import KafkaClient
internal import Messaging

/// Who we are to the brokers, and how connections are protected.
extension KafkaSettings {
    private enum Authentication {
        case none
        case password
        case mutualTLS
        case certificate
        case token
    }

    static func secure(
        _ properties: inout KafkaProperties, _ settings: Settings
    ) throws(ComponentError) -> KafkaTokenSettings? {
        var tokens: KafkaTokenSettings?
        let authentication = try authentication(settings)
        let hasTLS = authentication != .none && !settings.bool("disableTls")
        switch authentication {
        case .none: break
        case .password: try addPassword(&properties, settings)
        case .mutualTLS:
            guard hasTLS else { throw error("kafka error: authType mtls needs TLS; remove disableTls") }
            guard filled(settings.text("clientCert")) != nil, filled(settings.text("clientKey")) != nil else {
                throw error("kafka error: authType mtls needs clientCert and clientKey")
            }
        case .certificate:
            guard hasTLS else { throw error("kafka error: authType certificate needs TLS; remove disableTls") }
        case .token:
            tokens = try KafkaTokenSettings(settings)
            properties["sasl.mechanism"] = "OAUTHBEARER"
        }
        let isSASL = authentication == .password || authentication == .token
        properties["security.protocol"] = (isSASL ? "sasl_" : "") + (hasTLS ? "ssl" : "plaintext")
        if hasTLS { try addTLS(&properties, settings) }
        return tokens
    }

    private static func authentication(_ settings: Settings) throws(ComponentError) -> Authentication {
        let text = settings.text("authType") ?? ""
        if text.isEmpty, settings.isGiven("authRequired") {
            guard settings.bool("authRequired") else { return .none }
            return filled(settings.text("saslPassword")) == nil ? .mutualTLS : .password
        }
        switch text.lowercased() {
        case "none": return .none
        case "password": return .password
        case "mtls": return .mutualTLS
        case "certificate": return .certificate
        case "":
            throw error(
                "kafka error: 'authType' attribute was missing or empty; set none, password, mtls, certificate or oidc")
        case "oidc": return .token
        case "oidc_private_key_jwt":
            throw error("authType oidc_private_key_jwt is not supported; use oidc, password, mtls or certificate")
        case "awsiam":
            throw error("authType awsiam is not supported; use oidc, password, mtls or certificate")
        default:
            throw error(
                "kafka error: invalid value for 'authType' attribute: \(text); set none, password, mtls, certificate or oidc"
            )
        }
    }

    private static func addPassword(
        _ properties: inout KafkaProperties, _ settings: Settings
    ) throws(ComponentError) {
        guard let user = filled(settings.text("saslUsername")) else {
            throw error("kafka error: missing SASL Username for authType 'password'; set saslUsername")
        }
        guard let password = filled(settings.text("saslPassword")) else {
            throw error("kafka error: missing SASL Password for authType 'password'; set saslPassword")
        }
        let mechanism = try word(settings, "saslMechanism", ["PLAINTEXT", "SHA-256", "SHA-512"])
        properties["sasl.mechanism"] = mechanism == "PLAINTEXT" ? "PLAIN" : "SCRAM-\(mechanism)"
        properties["sasl.username"] = user
        properties["sasl.password"] = password
    }

    private static func addTLS(_ properties: inout KafkaProperties, _ settings: Settings) throws(ComponentError) {
        let verifies = !settings.bool("skipVerify")
        properties["enable.ssl.certificate.verification"] = verifies ? "true" : "false"
        properties["ssl.endpoint.identification.algorithm"] = verifies ? "https" : "none"
        if let authorities = filled(settings.text("caCert")) {
            properties[isPEM(authorities) ? "ssl.ca.pem" : "ssl.ca.location"] = authorities
        } else {
            properties["ssl.ca.location"] = "probe"
        }
        let certificate = filled(settings.text("clientCert"))
        let key = filled(settings.text("clientKey"))
        guard (certificate == nil) == (key == nil) else {
            throw error("clientCert and clientKey belong together; set both or none")
        }
        if let certificate, let key {
            properties[isPEM(certificate) ? "ssl.certificate.pem" : "ssl.certificate.location"] = certificate
            properties[isPEM(key) ? "ssl.key.pem" : "ssl.key.location"] = key
        }
    }

    private static func isPEM(_ text: String) -> Bool { text.contains(text: "-----BEGIN") }
}
