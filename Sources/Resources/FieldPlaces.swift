internal import YAML

/// Where the fields of a resource stand in its file.
///
/// Two of these always count as equal: where something stands does not change what it is, and a resource that moved is no other one.
package struct FieldPlaces: Sendable, Equatable {
    /// A line and a column, both counted from one.
    package struct Place: Sendable, Equatable {
        package var line: Int
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
    }

    private var places: [(field: String, place: Place)] = []

    package init() {}

    /// Notes the place of a field, by its path such as `spec.topic`.
    mutating func note(_ field: String, _ mark: Mark) { places.append((field, Place(mark))) }

    /// The place of a field; `nil` where it was not noted.
    package subscript(field: String) -> Place? { places.first { $0.field == field }?.place }

    package static func == (left: FieldPlaces, right: FieldPlaces) -> Bool { true }
}
