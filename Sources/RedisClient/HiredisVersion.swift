internal import CHiredis

/// Which hiredis this was built with; the library itself tells no version.
package enum HiredisVersion {
    package static let text = "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)"
}
