internal import Bytes
internal import YAML

/// Reads the resource directories as daprd does (spec 3.1), and says what it left out.
///
/// A document that does not parse (an error) or whose values are of the wrong kind (a warning) is left out, and the rest is read.
/// Fatal are only a directory that cannot be listed and two components with one name.
package struct ResourceLoader {
    private let context: ResourceContext
    private let denied: DenyList
    private var loaded = LoadedResources()

    private init(context: ResourceContext, denied: DenyList) {
        self.context = context
        self.denied = denied
    }

    /// Reads every `*.yaml` and `*.yml` directly in each directory. It blocks while it reads.
    package static func load(
        directories: [String], context: ResourceContext, denied: DenyList = .none
    ) -> LoadedResources {
        var loader = ResourceLoader(context: context, denied: denied)
        for directory in directories { loader.readDirectory(directory) }
        loader.filterComponents()
        loader.replaceSubscriptions()
        loader.checkResiliency()
        return loader.loaded
    }

    /// Reads the documents of one text as if it were a file of a resource directory.
    package static func read(
        _ bytes: [UInt8], file: String, context: ResourceContext, denied: DenyList = .none
    ) -> LoadedResources {
        var loader = ResourceLoader(context: context, denied: denied)
        loader.readManifests(bytes, file: file)
        loader.filterComponents()
        loader.replaceSubscriptions()
        loader.checkResiliency()
        return loader.loaded
    }

    private mutating func readDirectory(_ directory: String) {
        let entries: [FileSystem.Entry]
        do throws(FileError) {
            entries = try FileSystem.listDirectory(directory)
        } catch {
            // The text is daprd's with its default of watching the directories.
            let text = "failed to create watcher: failed to add target \(directory): \(error.reason)"
            add(.fatal, file: directory, line: 0, text)
            return
        }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        for entry in entries where !entry.isDirectory {
            let path = prefix + entry.name
            guard Self.isYAML(entry.name) else {
                let text = "A non-YAML Component file \(entry.name) was detected, it will not be loaded"
                add(.warning, file: path, line: 0, text)
                continue
            }
            readFile(path)
        }
    }

    private static func isYAML(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return lowered.hasSuffix(".yaml") || lowered.hasSuffix(".yml")
    }

    private mutating func readFile(_ path: String) {
        do throws(FileError) {
            readManifests(try FileSystem.readFile(path, limit: YAMLLimits.maximumBytes), file: path)
        } catch {
            let text = "daprd load Component error when opening file \(path): open \(path): \(error.reason)"
            add(.warning, file: path, line: 0, text)
        }
    }

    private mutating func readManifests(_ bytes: [UInt8], file: String) {
        let (manifests, isCut) = ManifestSplitter.split(bytes)
        for (index, manifest) in manifests.enumerated() {
            readManifest(manifest, file: file, isFirst: index == 0)
        }
        if isCut {
            let text =
                "more than \(ManifestSplitter.maximumManifests) documents in one file: the rest is not loaded; split the file"
            add(.warning, file: file, line: 0, text)
        }
    }

    private mutating func readManifest(_ manifest: ManifestSplitter.Manifest, file: String, isFirst: Bool) {
        do throws(YAMLError) {
            guard let node = try YAMLReader.firstDocument(in: manifest.bytes) else { return }
            readDocument(node, firstLine: manifest.firstLine, file: file, isFirst: isFirst)
        } catch {
            let line = error.mark.line + manifest.firstLine - 1
            skip(.error, .component, file: file, line: line, "error converting YAML to JSON: \(error.goText)")
        }
    }

    private mutating func readDocument(_ node: YAMLNode, firstLine: Int, file: String, isFirst: Bool) {
        var reader = DocumentReader(firstLine: firstLine)
        let goType = #"struct { v1.TypeMeta "json:\",inline\""; v1.ObjectMeta "json:\"metadata,omitzero\"" }"#
        guard let root = reader.root(node, type: goType) else {
            addMismatches(reader, .error, kind: .component, file: file, resource: "")
            return
        }
        let header = ResourceHeader(root, file: file, &reader)
        guard let kind = known(header, root) else { return }
        guard reader.mismatches.isEmpty else {
            addMismatches(reader, .warning, kind: kind, file: file, resource: header.name)
            return
        }
        if let fault = header.nameFault {
            let text = "invalid name \"\(header.name)\" for \"\(kind.rawValue)\": \(fault)"
            skip(.warning, kind, file: file, line: header.line, resource: header.name, text)
            return
        }
        read(kind, root, header, &reader, isFirst: isFirst)
    }

    /// The kind that a document is of, where it is one that is read from directories; what is left out is told.
    private mutating func known(_ header: ResourceHeader, _ root: DocumentReader.Object) -> ResourceKind? {
        guard let kind = ResourceKind(rawValue: header.kind) else {
            // Another product's resource is none of ours; a dapr.io one, or none at all, is probably a slip.
            let isOurs = header.apiVersion.isEmpty || header.apiVersion.hasPrefix(ResourceKind.group)
            let hint = NearestName.hint(for: header.kind, among: ResourceKind.allCases.map(\.rawValue))
            let text = "a document of kind \"\(header.kind)\" is not loaded\(hint)"
            add(
                isOurs ? .warning : .info, file: header.file, line: header.line, resource: header.name, field: "kind",
                text)
            return nil
        }
        guard kind.apiVersions.contains(header.apiVersion) else {
            let wanted = kind.apiVersions.joined(separator: " or ")
            let text = "a \(kind.rawValue) of apiVersion \"\(header.apiVersion)\" is not loaded; write \(wanted)"
            add(.warning, file: header.file, line: header.line, resource: header.name, field: "apiVersion", text)
            return nil
        }
        return kind
    }

    private mutating func read(
        _ kind: ResourceKind, _ root: DocumentReader.Object, _ header: ResourceHeader, _ reader: inout DocumentReader,
        isFirst: Bool
    ) {
        switch kind {
        case .component:
            let component = ComponentSpec(root, header: header, &reader)
            guard finish(reader, kind, header) else { return }
            guard !component.name.isEmpty else {
                add(
                    .warning, file: header.file, line: header.line,
                    "a Component without metadata.name is not loaded; name it")
                return
            }
            loaded.components.append(component)
        case .subscription:
            let subscription = SubscriptionSpec(root, header: header, &reader)
            guard finish(reader, kind, header), isInScope(subscription.scopes, header) else { return }
            for fault in subscription.delivery?.faults ?? [] {
                add(
                    .error, file: header.file, line: fault.line, resource: header.name, field: "spec." + fault.field,
                    fault.reason)
            }
            loaded.subscriptions.append(subscription)
        case .resiliency:
            var faults: [ResiliencyFault] = []
            let spec = ResiliencySpec(root, header: header, &reader, &faults)
            guard finish(reader, kind, header), isInScope(spec.scopes, header) else { return }
            keepName(kind, header, isFirst: isFirst)
            if isFirst { keep(spec, faults, header) }
        case .httpEndpoint:
            let scopes = reader.texts(root, "scopes")
            guard finish(reader, kind, header), isInScope(scopes, header) else { return }
            keepName(kind, header, isFirst: isFirst)
        case .configuration:
            let text = "a Configuration in a resource directory has no effect; give its file with --config"
            add(.info, file: header.file, line: header.line, resource: header.name, text)
        case .mcpServer, .workflowAccessPolicy:
            let text = "resources of kind \(kind.rawValue) are not supported; it has no effect"
            add(.warning, file: header.file, line: header.line, resource: header.name, text)
        }
    }

    /// Keeps a Resiliency, unless something in it cannot be used; daprd leaves out all of it then.
    private mutating func keep(_ spec: ResiliencySpec, _ faults: [ResiliencyFault], _ header: ResourceHeader) {
        for fault in faults {
            let isFatal = fault.severity >= .error
            let text = (isFatal ? "Could not read resiliency policy \(header.name): " : "") + fault.text
            add(
                fault.severity, file: header.file, line: fault.line, resource: header.name, field: fault.field, text)
        }
        if !faults.contains(where: { $0.severity >= .error }) { loaded.resiliencySpecs.append(spec) }
    }

    private mutating func keepName(_ kind: ResourceKind, _ header: ResourceHeader, isFirst: Bool) {
        let named = LoadedResources.Named(name: header.name, file: header.file, line: header.line)
        if kind == .httpEndpoint {
            if context.isInNamespace(header.namespace) { loaded.httpEndpoints.append(named) }
        } else if isFirst {
            loaded.resiliencies.append(named)
        } else {
            let text = "only the first document of a file is read for a Resiliency; give this one a file of its own"
            add(.warning, file: header.file, line: header.line, resource: header.name, text)
        }
    }

    /// Tells what the reader noted; false where the document has to be left out.
    private mutating func finish(_ reader: DocumentReader, _ kind: ResourceKind, _ header: ResourceHeader) -> Bool {
        guard reader.mismatches.isEmpty else {
            addMismatches(reader, .warning, kind: kind, file: header.file, resource: header.name)
            return false
        }
        for unknown in reader.unknown {
            let text = "unknown field, it has no effect" + unknown.hint
            add(.warning, file: header.file, line: unknown.line, resource: header.name, field: unknown.field, text)
        }
        return true
    }

    private mutating func isInScope(_ scopes: [String], _ header: ResourceHeader) -> Bool {
        if context.isInScope(scopes) { return true }
        let text = "\(header.kind) is not for this app: its scopes do not name \(context.appID)"
        add(.info, file: header.file, line: header.line, resource: header.name, field: "scopes", text)
        return false
    }

    private mutating func addMismatches(
        _ reader: DocumentReader, _ severity: Finding.Severity, kind: ResourceKind, file: String, resource: String
    ) {
        for mismatch in reader.mismatches {
            let text = "error unmarshaling JSON: while decoding JSON: " + mismatch.text
            skip(severity, kind, file: file, line: mismatch.line, resource: resource, field: mismatch.field, text)
        }
    }

    /// Tells that a document is left out, in daprd's words.
    private mutating func skip(
        _ severity: Finding.Severity, _ kind: ResourceKind, file: String, line: Int, resource: String = "",
        field: String = "", _ reason: String
    ) {
        let text = "daprd load \(kind.rawValue) error when parsing manifests yaml resource in \(file): \(reason)"
        add(severity, file: file, line: line, resource: resource, field: field, text)
    }

    private mutating func add(
        _ severity: Finding.Severity, file: String, line: Int, resource: String = "", field: String = "",
        _ message: String
    ) {
        loaded.findings.append(
            Finding(severity, file: file, line: line, resource: resource, field: field, message))
    }
}

extension ResourceLoader {
    /// Leaves out components of other namespaces and apps and denied ones, and finds names that are used twice.
    private mutating func filterComponents() {
        var existing: [String: ComponentSpec] = [:]
        var kept: [ComponentSpec] = []
        for component in loaded.components {
            guard context.isInNamespace(component.namespace) else {
                note(
                    .info, component, "metadata.namespace", "Component is of another namespace: \(component.namespace)")
                continue
            }
            if let first = existing[component.name] {
                let text =
                    "failed to load components: duplicate definition of Component name \(component.logName) with existing "
                    + first.logName
                note(.fatal, component, "metadata.name", text)
                continue
            }
            guard context.isInScope(component.scopes) else {
                let text = "Component is not for this app: its scopes do not name \(context.appID)"
                note(.info, component, "scopes", text)
                continue
            }
            existing[component.name] = component
            guard !denied.denies(component) else {
                let text =
                    "component '\(component.name)' cannot be loaded because components of type '\(component.logName)' are not allowed"
                note(.warning, component, "spec.type", text)
                continue
            }
            kept.append(component)
        }
        loaded.components = kept
    }

    /// Tells of policies and targets that are named and not there.
    private mutating func checkResiliency() {
        guard !loaded.resiliencySpecs.isEmpty else { return }
        let names = loaded.components.map(\.name)
        loaded.findings += ResiliencySet(loaded.resiliencySpecs).findings(
            in: loaded.resiliencySpecs, components: names)
    }

    /// A later subscription replaces an earlier one of the same name, in its place.
    private mutating func replaceSubscriptions() {
        var places: [String: Int] = [:]
        var kept: [SubscriptionSpec] = []
        for subscription in loaded.subscriptions {
            if !subscription.name.isEmpty, let place = places[subscription.name] {
                let text =
                    "replaces the Subscription of the same name in \(kept[place].file):\(kept[place].line); rename one"
                add(
                    .warning, file: subscription.file, line: subscription.line, resource: subscription.name,
                    field: "metadata.name", text)
                kept[place] = subscription
            } else {
                places[subscription.name] = kept.count
                kept.append(subscription)
            }
        }
        loaded.subscriptions = kept
    }

    private mutating func note(
        _ severity: Finding.Severity, _ component: ComponentSpec, _ field: String, _ message: String
    ) {
        add(
            severity, file: component.file, line: component.line, resource: component.name, field: field, message)
    }
}
