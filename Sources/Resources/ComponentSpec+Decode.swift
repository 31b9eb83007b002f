internal import Bytes
internal import YAML

extension ComponentSpec {
    /// Reads a Component; what does not fit is noted in the reader.
    init(_ root: DocumentReader.Object, header: ResourceHeader, _ reader: inout DocumentReader) {
        reader.noteUnknown(root, .component)
        var top = root
        top.owner = "Component"
        let spec = reader.object(top, "spec", owner: "ComponentSpec", type: "v1alpha1.ComponentSpec")
        reader.noteUnknown(spec, .component)
        self.init(name: header.name, type: reader.text(spec, "type"), version: reader.text(spec, "version"))
        namespace = header.namespace
        ignoreErrors = reader.bool(spec, "ignoreErrors")
        readInitTimeout(spec, &reader)
        items = Self.items(spec, &reader)
        let auth = reader.object(top, "auth", owner: "Auth", type: "v1alpha1.Auth")
        reader.noteUnknown(auth, .component)
        secretStore = reader.text(auth, "secretStore")
        scopes = reader.texts(top, "scopes")
        file = header.file
        line = header.line
        places.note("metadata.name", header.namePlace)
        places.note("spec.type", reader.place(spec, "type"))
        places.note("auth.secretStore", reader.place(auth, "secretStore"))
        places.note("scopes", reader.place(root, "scopes"))
    }

    private mutating func readInitTimeout(_ spec: DocumentReader.Object, _ reader: inout DocumentReader) {
        let text = reader.text(spec, "initTimeout")
        guard !text.isEmpty else { return }
        if let duration = GoDuration.parse(text), duration > .zero {
            initTimeout = duration
        } else {
            reader.remark(spec, "initTimeout", "\"\(text)\" is no duration such as 1m30s; 5s is used")
        }
    }

    private static func items(_ spec: DocumentReader.Object, _ reader: inout DocumentReader) -> [Item] {
        reader.objects(spec, "metadata", owner: "NameValuePair", type: "common.NameValuePair").map { object in
            reader.noteUnknown(object, .component)
            let place = reader.inFile(object.mark)
            var item = Item(name: reader.text(object, "name"), line: place.line, column: place.column)
            item.value = object.value("value").flatMap(dynamicValue)
            let reference = reader.object(object, "secretKeyRef", owner: "SecretKeyRef", type: "common.SecretKeyRef")
            reader.noteUnknown(reference, .component)
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
