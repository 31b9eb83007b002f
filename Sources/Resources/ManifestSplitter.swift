/// Splits a resource file into its documents, before any of it is parsed: at every line that begins with `---`.
///
/// So one document that is no YAML leaves the others alone. The rest of the separating line is dropped, also when it is a
/// comment. A separator on the first line stays in its document, where it is YAML's own.
enum ManifestSplitter {
    /// One document of a file.
    struct Manifest: Equatable {
        var bytes: [UInt8]
        /// The line of the file on which it begins, counted from one.
        var firstLine: Int

        /// The document behind as many empty lines as are before it in the file, so that lines in it are lines of the file.
        var bytesInPlace: [UInt8] { [UInt8](repeating: 0x0A, count: firstLine - 1) + bytes }
    }

    /// The most documents of one file; what follows stays unread.
    static let maximumManifests = 10_000

    /// The documents in order, empty ones included, and whether some had to be left out.
    static func split(_ file: [UInt8]) -> (manifests: [Manifest], isCut: Bool) {
        var manifests: [Manifest] = []
        var start = 0
        var firstLine = 1
        var line = 1
        var index = 0
        while index < file.count {
            guard file[index] == 0x0A else {
                index += 1
                continue
            }
            line += 1
            guard isSeparator(file, at: index + 1) else {
                index += 1
                continue
            }
            manifests.append(Manifest(bytes: Array(file[start..<index]), firstLine: firstLine))
            guard manifests.count < maximumManifests else { return (manifests, true) }
            index += 1
            while index < file.count, file[index] != 0x0A { index += 1 }
            line += 1
            start = min(index + 1, file.count)
            firstLine = line
            // The next document may begin with a separator of its own, which then belongs to it.
            index = start
        }
        if start < file.count { manifests.append(Manifest(bytes: Array(file[start...]), firstLine: firstLine)) }
        return (manifests, false)
    }

    private static func isSeparator(_ file: [UInt8], at index: Int) -> Bool {
        index + 2 < file.count && file[index] == 0x2D && file[index + 1] == 0x2D && file[index + 2] == 0x2D
    }
}
