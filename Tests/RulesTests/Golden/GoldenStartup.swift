/// Expressions that daprd 1.18 refuses, doubts or never finishes compiling.
enum GoldenStartup {
    static let event = #"{"specversion": "1.0", "id": "1", "source": "/s", "type": "x", "data": {"tags": ["a"]}}"#

    /// The message is the whole text that daprd logs.
    static let refused: [(expression: String, message: String)] = [
        (
            #"event.type == "x"#,
            #"""
            ERROR: <input>:1:15: Syntax error: token recognition error at: '"x'
             | event.type == "x
             | ..............^
            ERROR: <input>:1:17: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
             | event.type == "x
             | ................^
            """#
        ),
        (
            #"event.type = "x""#,
            #"""
            ERROR: <input>:1:12: Syntax error: token recognition error at: '= '
             | event.type = "x"
             | ...........^
            ERROR: <input>:1:14: Syntax error: extraneous input '"x"' expecting <EOF>
             | event.type = "x"
             | .............^
            """#
        ),
        (
            #"event.type == "x" and true"#,
            #"""
            ERROR: <input>:1:19: Syntax error: mismatched input 'and' expecting <EOF>
             | event.type == "x" and true
             | ..................^
            """#
        ),
        (
            #"(event.type == "x""#,
            #"""
            ERROR: <input>:1:19: Syntax error: missing ')' at '<EOF>'
             | (event.type == "x"
             | ..................^
            """#
        ),
        (
            #"()"#,
            #"""
            ERROR: <input>:1:2: Syntax error: mismatched input ')' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
             | ()
             | .^
            """#
        ),
        (
            #"1 == "a""#,
            #"""
            ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, string)'
             | 1 == "a"
             | ..^
            """#
        ),
        (
            #"1 + "a" == 2"#,
            #"""
            ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'
             | 1 + "a" == 2
             | ..^
            """#
        ),
        (
            #"!1"#,
            #"""
            ERROR: <input>:1:1: found no matching overload for '!_' applied to '(int)'
             | !1
             | ^
            """#
        ),
        (
            #"1 && true"#,
            #"""
            ERROR: <input>:1:1: expected type 'bool' but found 'int'
             | 1 && true
             | ^
            """#
        ),
        (
            #"true ? 1 : "a""#,
            #"""
            ERROR: <input>:1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'
             | true ? 1 : "a"
             | .....^
            """#
        ),
        (
            #"package == 1"#,
            #"""
            ERROR: <input>:1:1: reserved identifier: package
             | package == 1
             | ^
            """#
        ),
        (
            #"event.type === "x""#,
            #"""
            ERROR: <input>:1:14: Syntax error: token recognition error at: '= '
             | event.type === "x"
             | .............^
            """#
        ),
        (
            #"event.type == "x";"#,
            #"""
            ERROR: <input>:1:18: Syntax error: token recognition error at: ';'
             | event.type == "x";
             | .................^
            """#
        ),
        (
            #"event.type LIKE 'x%'"#,
            #"""
            ERROR: <input>:1:12: Syntax error: mismatched input 'LIKE' expecting <EOF>
             | event.type LIKE 'x%'
             | ...........^
            """#
        ),
        (
            #"has(event)"#,
            #"""
            ERROR: <input>:1:5: invalid argument to has() macro
             | has(event)
             | ....^
            """#
        ),
        (
            #"has(event["type"])"#,
            #"""
            ERROR: <input>:1:10: invalid argument to has() macro
             | has(event["type"])
             | .........^
            """#
        ),
        (
            #"event.type =="#,
            #"""
            ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
             | event.type ==
             | .............^
            """#
        ),
        (
            #"event.größe == 1"#,
            #"""
            ERROR: <input>:1:9: Syntax error: token recognition error at: 'ö'
             | event.größe == 1
             | ........＾
            ERROR: <input>:1:10: Syntax error: token recognition error at: 'ß'
             | event.größe == 1
             | ........．＾
            ERROR: <input>:1:11: Syntax error: mismatched input 'e' expecting <EOF>
             | event.größe == 1
             | ........．．^
            """#
        ),
        (
            #"9223372036854775808 == 1"#,
            #"""
            ERROR: <input>:1:1: invalid int literal
             | 9223372036854775808 == 1
             | ^
            """#
        ),
        (
            #"true true"#,
            #"""
            ERROR: <input>:1:6: Syntax error: extraneous input 'true' expecting <EOF>
             | true true
             | .....^
            """#
        ),
        (
            #"event.?nope.orValue("") == """#,
            #"""
            ERROR: <input>:1:6: unsupported syntax '.?'
             | event.?nope.orValue("") == ""
             | .....^
            """#
        ),
        (
            #"["#,
            #"""
            ERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting {'[', ']', '{', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
             | [
             | .^
            """#
        ),
        (
            #"$event.type == 1"#,
            #"""
            ERROR: <input>:1:1: Syntax error: token recognition error at: '$'
             | $event.type == 1
             | ^
            """#
        ),
        (
            #"type == "order.created""#,
            #"""
            ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(type(type), string)'
             | type == "order.created"
             | .....^
            """#
        ),
        (
            #"event.data.name + 1 == "Widget1""#,
            #"""
            ERROR: <input>:1:1: undeclared reference to 'event' (in container '')
             | event.data.name + 1 == "Widget1"
             | ^
            ERROR: <input>:1:21: found no matching overload for '_==_' applied to '(int, string)'
             | event.data.name + 1 == "Widget1"
             | ....................^
            """#
        ),
        (
            #"event.data.name - "x" == """#,
            #"""
            ERROR: <input>:1:1: undeclared reference to 'event' (in container '')
             | event.data.name - "x" == ""
             | ^
            ERROR: <input>:1:17: found no matching overload for '_-_' applied to '(dyn, string)'
             | event.data.name - "x" == ""
             | ................^
            """#
        ),
        (
            #"event.exists(k, k == "myext")"#,
            #"""
            ERROR: <input>:1:1: expression of type 'any' cannot be range of a comprehension (must be list, map, or dynamic)
             | event.exists(k, k == "myext")
             | ^
            """#
        ),
        (
            #"event.type ="#,
            #"""
            ERROR: <input>:1:12: Syntax error: token recognition error at: '='
             | event.type =
             | ...........^
            """#
        ),
    ]

    /// daprd computes for ever; here they do not compile.
    static let endless = [
        #"nope(event.type)"#,
        #"event.type.nope()"#,
        #"event.data.tags.exists(t)"#,
        #"event.type.upperAscii() == "X""#,
        #"event.type.split(".")[0] == "order""#,
        #"now() > timestamp(event.time)"#,
        #"true || nope()"#,
    ]

    static let evaluated: [(expression: String, outcome: Outcome)] = [
        (#"1 + 1"#, .fails(#"the result of match expression 1 + 1 was not a boolean"#)),
        (#""abc""#, .fails(#"the result of match expression "abc" was not a boolean"#)),
        (#"event.for == 1"#, .fails(#"no such key: for"#)),
        (#""a".matches("(")"#, .fails(#"error parsing regexp: missing closing ): `(`"#)),
        (#"event.type == "x" // c"#, .matches),
        (#"[1,2][5] == 1"#, .fails(#"index out of bounds: 5"#)),
        (#"1 / 0 > 0"#, .fails(#"division by zero"#)),
        (#"foo.bar == 1 && foo.baz == 2 && quux == 3"#, .fails(#"no such attribute(s): foo"#)),
        (#"{"a": 1}"#, .fails(#"the result of match expression {"a": 1} was not a boolean"#)),
        (#"null"#, .fails(#"the result of match expression null was not a boolean"#)),
        (#"TRUE"#, .fails(#"no such attribute(s): TRUE"#)),
        (#"dyn(event).exists(k, k == "type")"#, .matches),
        (#"dyn(1) == "a""#, .doesNot),
    ]
}
