internal import Bytes
internal import YAML

extension ComponentSpec {
    static let topFields = ["apiVersion", "kind", "metadata", "spec", "auth", "scopes"]

    /// Reads a Component; what does not fit is noted in the reader.
    init(_ root: DocumentReader.Object, header: ResourceHeader, _ reader: inout DocumentReader) {
        reader.noteUnknown(root, known: Self.topFields)
        var top = root
        top.owner = "Component"
        let spec = reader.object(top, "spec", owner: "ComponentSpec", type: "v1alpha1.ComponentSpec")
        reader.noteUnknown(spec, known: ["type", "version", "ignoreErrors", "initTimeout", "metadata"])
        self.init(name: header.name, type: reader.text(spec, "type"), version: reader.text(spec, "version"))
        namespace = header.namespace
        ignoreErrors = reader.bool(spec, "ignoreErrors")
        initTimeout = GoDuration.parse(reader.text(spec, "initTimeout")) ?? Self.defaultInitTimeout
        if initTimeout <= .zero { initTimeout = Self.defaultInitTimeout }
        items = Self.items(spec, &reader)
        let auth = reader.object(top, "auth", owner: "Auth", type: "v1alpha1.Auth")
        reader.noteUnknown(auth, known: ["secretStore"])
        secretStore = reader.text(auth, "secretStore")
        scopes = reader.texts(top, "scopes")
        file = header.file
        line = header.line
    }

    private static func items(_ spec: DocumentReader.Object, _ reader: inout DocumentReader) -> [Item] {
        reader.objects(spec, "metadata", owner: "NameValuePair", type: "common.NameValuePair").map { object in
            reader.noteUnknown(object, known: ["name", "value", "secretKeyRef", "envRef"])
            var item = Item(name: reader.text(object, "name"), line: object.mark.line + reader.lineOffset)
            item.value = object.value("value").flatMap(dynamicValue)
            let reference = reader.object(object, "secretKeyRef", owner: "SecretKeyRef", type: "common.SecretKeyRef")
            reader.noteUnknown(reference, known: ["name", "key"])
            if !reference.entries.isEmpty {
                item.secretKeyRef = Item.SecretKeyRef(
                    name: reader.text(reference, "name"), key: reader.text(reference, "key"))
            }
            item.envRef = reader.text(object, "envRef")
            return item
        }
    }

    /// A value of any kind as text: strings as they are, everything else as its JSON; `nil` for null.
    private static func dynamicValue(_ node: YAMLNode) -> String? {
        if let scalar = node.scalar {
            switch scalar.value(.resources) {
            case .null: return nil
            case .text(let text): return text
            default: break
            }
        }
        return ResourceJSON.text(of: node)
    }
}
