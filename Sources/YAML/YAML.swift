/// # YAML: libyaml's events, made into a bounded tree with line numbers
///
/// What it is: `YAMLNode`, the tree; `YAMLReader`, which makes it within `YAMLLimits`; and the rules by which a plain
/// scalar becomes null, a truth, a number or text (`YAMLSchema`).
/// What it is not: it knows no resource, writes no YAML, and reads no file.
/// Who calls it: `Resources`. libyaml is held by `LibYAML.swift` alone.
///
/// The limits hold at the level of events, before anything is built: neither depth nor an alias bomb costs more than the
/// bound on nodes (reliability S6).
