internal import Brokers
internal import Loop
internal import Resources
internal import TLS

/// The C libraries that are in this program, each as its holder tells it.
package enum Libraries {
    /// One line a library: name and version.
    package static var lines: [String] {
        ["libuv \(ThisProcess.libuvVersion)", OpenSSLVersion.text] + Brokers.libraries + ResourceLibraries.lines
    }
}
