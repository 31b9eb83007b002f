import Bytes
import Foundation
import Testing

@Suite struct FileSystemTests {
    @Test func `a directory is listed by the bytes of its names, and a link to a directory is none`() throws {
        let folder = try TemporaryFolder()
        for name in ["b", "a", "B", "é", "sub/x"] { try folder.write("", to: name) }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: folder.path + "/sub")
        let entries = try FileSystem.listDirectory(folder.path)
        #expect(entries.map(\.name) == ["B", "a", "b", "link", "sub", "é"])
        #expect(entries.filter(\.isDirectory).map(\.name) == ["sub"])
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
    func `a file is read up to the limit and not beyond`(size: Int) throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "x", count: size), to: "f")
        #expect(try FileSystem.readFile(folder.path + "/f", limit: size).count == size)
        guard size > 0 else { return }
        let error = #expect(throws: FileError.self) { try FileSystem.readFile(folder.path + "/f", limit: size - 1) }
        #expect(error?.reason == "longer than \(size - 1) bytes")
    }

    @Test func `what is missing or no file is told in the system's words`() throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: FileError.self) { try FileSystem.readFile(folder.path + "/f", limit: 1) }
        #expect(missing?.reason == "no such file or directory" && missing?.isMissing == true)
        let directory = #expect(throws: FileError.self) { try FileSystem.readFile(folder.path, limit: 1) }
        #expect(directory?.reason == "is a directory" && directory?.isMissing == false)
        #expect(throws: FileError.self) { try FileSystem.listDirectory(folder.path + "/nope") }
        #expect(FileSystem.exists(folder.path) && !FileSystem.exists(folder.path + "/nope"))
    }
}
