/// A refusal in Redis' own words.
package struct RedisServerError: Error, Sendable, Equatable {
    /// The refusals that are told apart, by the first word of the text.
    package enum Code: String, Sendable, CaseIterable {
        /// A replica does not take writes: the primary has moved.
        case readOnly = "READONLY"
        /// Redis reads its data from disk after a start.
        case loading = "LOADING"
        /// A replica without a connection to its primary.
        case masterDown = "MASTERDOWN"
        /// The key lives on another node of a cluster.
        case moved = "MOVED"
        /// The key is on its way to another node of a cluster.
        case ask = "ASK"
        /// The cluster does not serve.
        case clusterDown = "CLUSTERDOWN"
        /// A script keeps Redis from serving.
        case busy = "BUSY"
        /// No credentials were given, and some are needed.
        case noAuth = "NOAUTH"
        /// The credentials are wrong, or the user is switched off.
        case wrongPass = "WRONGPASS"
        /// The user may not run the command, or not on this key or channel.
        case noPerm = "NOPERM"
        /// `maxmemory` is reached.
        case outOfMemory = "OOM"
        /// There is no such stream or consumer group.
        case noGroup = "NOGROUP"
        /// The consumer group is there already.
        case busyGroup = "BUSYGROUP"
        /// A blocked read ended because its stream was deleted.
        case unblocked = "UNBLOCKED"
        /// The key holds a value of another kind.
        case wrongType = "WRONGTYPE"
        /// Redis cannot write its snapshot or log and therefore takes no writes.
        case misconfigured = "MISCONF"
        /// Not enough replicas are connected.
        case noReplicas = "NOREPLICAS"
        /// Anything else, such as `ERR`.
        case other = ""
    }

    /// The class of the refusal.
    package var code: Code
    /// The whole text, at most 300 characters.
    package var text: String

    package init(_ text: String) {
        let word = text.prefix { $0 != " " }
        code = Code(rawValue: String(word)) ?? .other
        self.text = String(text.prefix(300))
    }

    /// Whether Redis does not know the command, because it is too old for it.
    package var isUnknownCommand: Bool { code == .other && text.hasPrefix("ERR unknown command") }

    /// Whether Redis does not know an option of the command, because it is too old for it.
    package var isSyntax: Bool { code == .other && text.hasPrefix("ERR syntax error") }

    /// Whether another connection, later or to the new primary, may do better.
    package var meansReconnect: Bool {
        switch code {
        case .readOnly, .loading, .masterDown, .noAuth: true
        default: false
        }
    }

    /// What the user can do; empty where nothing is known.
    package var advice: String {
        switch code {
        case .readOnly: "this is a replica: connect to the primary"
        case .loading: "Redis is starting; it is tried again"
        case .masterDown: "the replica has lost its primary"
        case .moved, .ask, .clusterDown: "this is a Redis Cluster, which is not supported: use a single node"
        case .busy: "a script keeps Redis busy"
        case .noAuth: "set redisPassword, and redisUsername where the server has users"
        case .wrongPass: "check redisUsername and redisPassword"
        case .noPerm: "give the user the commands of streams on this key (ACL SETUSER)"
        case .outOfMemory: "maxmemory is reached: trim streams (maxLenApprox, streamTTL) or give Redis more memory"
        case .wrongType: "another program keeps something else under this key: use another topic or database"
        case .misconfigured: "Redis cannot write to its disk"
        case .noReplicas: "fewer replicas are connected than min-replicas-to-write asks for"
        case .noGroup, .busyGroup, .unblocked, .other: ""
        }
    }
}

extension RedisServerError: CustomStringConvertible {
    /// The text, and what to do.
    package var description: String { advice.isEmpty ? text : text + "; " + advice }
}
