/// One node of a document. Aliases are expanded, so a tree refers to nothing outside itself.
package struct YAMLNode: Sendable, Equatable {
    /// How a scalar was written.
    package enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    /// A scalar's text as written, after quoting and folding.
    package struct Scalar: Sendable, Equatable {
        package var text: String
        package var style: Style
        /// The explicit tag in its short form, such as `!!str` or `!local`.
        package var tag: String?

        package init(text: String, style: Style = .plain, tag: String? = nil) {
            self.text = text
            self.style = style
            self.tag = tag
        }
    }

    /// One key of a mapping and its value, in the order of the text.
    package struct Entry: Sendable, Equatable {
        package var key: YAMLNode
        package var value: YAMLNode
        /// Whether it came through a merge key and so may be overridden by an entry of the mapping itself.
        package var isMerged: Bool

        package init(key: YAMLNode, value: YAMLNode, isMerged: Bool = false) {
            self.key = key
            self.value = value
            self.isMerged = isMerged
        }
    }

    /// What a node is. A key may occur more than once in a mapping; look-ups give the last.
    package enum Content: Sendable, Equatable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    package var content: Content
    /// Where it begins; for what an alias stands for, where the anchored node begins.
    package var mark: Mark

    package init(_ content: Content, at mark: Mark) {
        self.content = content
        self.mark = mark
    }
}

extension YAMLNode {
    /// The scalar, `nil` for sequences and mappings.
    package var scalar: Scalar? {
        if case .scalar(let scalar) = content { return scalar }
        return nil
    }

    /// The elements of a sequence, `nil` for other nodes.
    package var elements: [YAMLNode]? {
        if case .sequence(let elements) = content { return elements }
        return nil
    }

    /// The entries of a mapping, `nil` for other nodes.
    package var entries: [Entry]? {
        if case .mapping(let entries) = content { return entries }
        return nil
    }

    /// The value of the last entry whose key is a scalar with exactly this text.
    package subscript(key: String) -> YAMLNode? {
        entries?.last { $0.key.scalar?.text == key }?.value
    }
}
