package import Bytes
internal import YAML

/// The bytes of every resource file, read at one moment. Two of them are equal where nothing that counts has changed.
package struct ResourceFiles: Sendable, Equatable {
    /// One `*.yaml` or `*.yml`.
    package struct File: Sendable, Equatable {
        package var path: String
        /// Its bytes, or why it could not be read.
        package var content: Result<[UInt8], FileError>

        package init(path: String, content: Result<[UInt8], FileError>) {
            self.path = path
            self.content = content
        }
    }

    /// Directories in the order in which they were given, in each the files in the order of their names.
    package var files: [File] = []
    /// Directories that cannot be listed (fatal), and files that are none of ours.
    package var findings: [Finding] = []

    package init() {}

    /// Reads every `*.yaml` and `*.yml` directly in each directory. It blocks while it reads.
    package static func read(_ directories: [String]) -> ResourceFiles {
        var result = ResourceFiles()
        for directory in directories { result.readDirectory(directory) }
        return result
    }

    /// Reads files, and the resource files directly in directories, for a check: what else lies there is nothing to complain about.
    package static func read(paths: [String]) -> ResourceFiles {
        var result = ResourceFiles()
        for path in paths {
            do throws(FileError) {
                result.read(try FileSystem.listDirectory(path), of: path, tellsOthers: false)
            } catch {
                if error.isNoDirectory {
                    result.files.append(File(path: path, content: content(of: path)))
                } else {
                    result.findings.append(Finding(.fatal, file: path, "reading the folder: \(error.reason)"))
                }
            }
        }
        return result
    }

    private mutating func readDirectory(_ directory: String) {
        let entries: [FileSystem.Entry]
        do throws(FileError) {
            entries = try FileSystem.listDirectory(directory)
        } catch {
            // The text is daprd's with its default of watching the directories.
            let text = "failed to create watcher: failed to add target \(directory): \(error.reason)"
            findings.append(Finding(.fatal, file: directory, text))
            return
        }
        read(entries, of: directory, tellsOthers: true)
    }

    private mutating func read(_ entries: [FileSystem.Entry], of directory: String, tellsOthers: Bool) {
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        for entry in entries where !entry.isDirectory {
            let path = prefix + entry.name
            guard Self.isYAML(entry.name) else {
                guard tellsOthers else { continue }
                let text = "A non-YAML Component file \(entry.name) was detected, it will not be loaded"
                findings.append(Finding(.warning, file: path, text))
                continue
            }
            files.append(File(path: path, content: Self.content(of: path)))
        }
    }

    private static func isYAML(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return lowered.hasSuffix(".yaml") || lowered.hasSuffix(".yml")
    }

    private static func content(of path: String) -> Result<[UInt8], FileError> {
        do throws(FileError) {
            return .success(try FileSystem.readFile(path, limit: YAMLLimits.maximumBytes))
        } catch {
            return .failure(error)
        }
    }
}
