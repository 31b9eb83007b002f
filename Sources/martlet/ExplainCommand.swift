internal import Runtime

/// `martlet explain`: kinds of resources and types of components, as their declarations say them.
enum ExplainCommand {
    static var usage: String { HelpText.explain + OptionUsage.text(ExplainOptions.flags) }

    static func run(_ arguments: [String]) -> Int32 {
        do throws(OptionError) {
            let options = try ExplainOptions.parse(arguments)
            Console.print(try text(options))
            return 0
        } catch {
            switch error {
            case .helpWanted:
                Console.print(usage)
                return 0
            case .fatal(let reason):
                Console.tell("martlet explain: \(reason)\n")
                return 1
            case .usage(let reason): return Console.refuse("martlet explain: \(reason)", usage: usage)
            }
        }
    }

    private static func text(_ options: ExplainOptions) throws(OptionError) -> String {
        switch options.format {
        case .text: return try page(options).map(ReferenceText.page) ?? ReferenceText.list(Reference.all)
        case .markdown:
            if options.name == "resources" { return ReferenceMarkdown.index(.resource) }
            return try page(options).map(ReferenceMarkdown.page) ?? ReferenceMarkdown.index(.component)
        case .schema:
            guard let schema = ResourceSchema.schema(of: options.name?.lowercased()) else {
                let names = ResourceSchema.names.joined(separator: ", ")
                throw .fatal("there is no schema of \(options.name ?? ""); there are those of \(names)")
            }
            return PrettyJSON.text(schema)
        case .names:
            return Reference.all.map { "\($0.subject) \($0.name)\n" }.joined()
        }
    }

    private static func page(_ options: ExplainOptions) throws(OptionError) -> Reference? {
        guard let name = options.name else { return nil }
        if let page = Reference.named(name) { return page }
        throw .fatal("there is no kind or type \(name)\(Reference.hint(for: name))")
    }
}
