internal import Bytes
internal import Events

/// A secret store that is part of the process: `secretstores.local.env` or `secretstores.local.file` (spec 3.10).
struct SecretStore {
    private enum Source {
        case environment(EnvironmentAccess, prefix: String)
        /// Secrets by name, each with its keys.
        case file([String: [String: String]])
    }

    /// Why a store cannot be used.
    struct Failure: Error {
        var reason: String
    }

    private let source: Source

    /// Makes the store that a component describes; `nil` where its type is not one of ours. For a file it reads it, and blocks.
    static func make(_ component: ResolvedComponent, context: ResourceContext) throws(Failure) -> SecretStore? {
        switch component.spec.lookupType {
        case SecretStoreKind.environment.type:
            let access = EnvironmentAccess(context.environment)
            return SecretStore(source: .environment(access, prefix: component.value("prefix") ?? ""))
        case SecretStoreKind.file.type: return SecretStore(source: .file(try readFile(component)))
        default: return nil
        }
    }

    /// The keys of a secret and their values; `nil` where there is no secret of this name.
    func secret(_ name: String) -> [String: String]? {
        switch source {
        case .environment(let access, let prefix):
            let variable = prefix + name
            return [name: access.allows(variable) ? access.value(variable) : ""]
        case .file(let secrets): return secrets[name]
        }
    }

    private static let maximumFileBytes = 1 << 20

    private static func readFile(_ component: ResolvedComponent) throws(Failure) -> [String: [String: String]] {
        let path = component.value("secretsFile") ?? ""
        guard !path.isEmpty else { throw Failure(reason: "missing local secrets file in metadata; set secretsFile") }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try FileSystem.readFile(path, limit: maximumFileBytes)
        } catch {
            throw Failure(reason: "open \(path): \(error.reason)")
        }
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue.parse(bytes)
        } catch {
            throw Failure(reason: "\(path) holds no JSON: \(error)")
        }
        guard case .object(let members) = json else {
            throw Failure(reason: "\(path) holds no JSON object; write one with a member for each secret")
        }
        let isMultiValued = GoBool.isTruthy(component.value("multiValued") ?? "")
        let separator = component.value("nestedSeparator") ?? ""
        let flattening = Flattening(separator: separator.isEmpty ? ":" : separator)
        return isMultiValued ? flattening.multiValued(members) : flattening.singleValued(members)
    }

    /// Makes flat names of nested objects.
    private struct Flattening {
        let separator: String

        /// Every leaf is a secret of its own, named by its path.
        func singleValued(_ members: [JSONMember]) -> [String: [String: String]] {
            var leaves: [String: String] = [:]
            for member in members { collect(member.value, member.name, &leaves) }
            return leaves.reduce(into: [:]) { $0[$1.key] = [$1.key: $1.value] }
        }

        /// Every member of the file is a secret, its leaves are the keys.
        func multiValued(_ members: [JSONMember]) -> [String: [String: String]] {
            var secrets: [String: [String: String]] = [:]
            for member in members {
                var leaves: [String: String] = [:]
                if case .object(let inner) = member.value {
                    for child in inner { collect(child.value, child.name, &leaves) }
                } else {
                    collect(member.value, member.name, &leaves)
                }
                secrets[member.name] = leaves
            }
            return secrets
        }

        private func collect(_ value: JSONValue, _ path: String, _ leaves: inout [String: String]) {
            switch value {
            case .object(let members):
                for member in members { collect(member.value, path + separator + member.name, &leaves) }
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    collect(element, path + separator + "\(index)", &leaves)
                }
            case .string(let text): leaves[path] = text
            case .number(let literal): leaves[path] = literal
            case .bool(let truth): leaves[path] = truth ? "true" : "false"
            case .null: leaves[path] = ""
            }
        }
    }
}
