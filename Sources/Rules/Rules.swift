/// # Rules
///
/// What it is: the language of routing rules, Common Expression Language (CEL): lex, parse, check, evaluate. `Rule` is the door: one compiled
/// expression that tells whether it matches a `RuleEvent`. Semantics are those of cel-go as daprd uses it (docs of both; recorded exchanges decide).
///
/// What it is not: it knows no subscriptions, no paths and no defaults; the order of rules and what happens after an error belong to Delivery.
///
/// The way of an expression through the folders: `Syntax` (text → tokens → `Expression`, macros expanded), `Check` (types, as cel-go does at
/// compile time), `Evaluate` (`Expression` → a tree of `Node`s, made once; a node is evaluated against a `Frame`), with `Values` and `Time`
/// holding what the values can do. RE2 is reached only in `Native.swift`.
///
/// Called by Delivery (routes) and Resources (a subscription that does not compile is a finding). Calls Events for the JSON tree, CRE2.
