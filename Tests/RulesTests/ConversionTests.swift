import Testing

@testable import Rules

@Suite struct ConversionTests {
    private let event = RuleEvent(JSONReader.tree(Golden.event))

    @Test(arguments: [
        "int('-42') == -42", "int('+7') == 7", "int(1.9) == 1", "int(-1.9) == -1", "int(5u) == 5",
        "int(duration('1s')) == 1000000000",
        "int(timestamp('1970-01-01T00:01:00Z')) == 60", "uint('42') == 42u", "uint(1.9) == 1u", "uint(3) == 3u",
        "double('1.5e3') == 1500.0", "double('-inf') < 0.0", "double('NaN') != double('NaN')",
        "double('0x1p4') == 16.0",
        "double(9223372036854775807) == 9223372036854775807.0", "string(1) == '1'", "string(1u) == '1'",
        "string(true) == 'true'",
        "string(1.0) == '1'", "string(0.1) == '0.1'", "string(120.5) == '120.5'", "string(1e6) == '1e+06'",
        "string(123456.0) == '123456'",
        "string(1234567.0) == '1.234567e+06'", "string(1e-4) == '0.0001'", "string(0.00001) == '1e-05'",
        "string(-2.5e100) == '-2.5e+100'",
        "string(1.0 / 0.0) == '+Inf'", "string(-1.0 / 0.0) == '-Inf'", "string(0.0) == '0'", "string(b'abc') == 'abc'",
        "bytes('ü') == b'\\xc3\\xbc'", "bool('true') && bool('T') && bool('1') && !bool('FALSE')", "dyn(1) == 1",
        "int(1) == 1",
        "timestamp(60) == timestamp('1970-01-01T00:01:00Z')", "timestamp(timestamp(0)) == timestamp(0)",
        "string(timestamp('2024-05-06T09:08:09.120+02:00')) == '2024-05-06T09:08:09.12+02:00'",
        "timestamp('2024-05-06T09:08:09+02:00') == timestamp('2024-05-06T07:08:09Z')",
        "timestamp('2024-05-06T7:08:09,5Z') == timestamp('2024-05-06T07:08:09.5Z')",
        "string(timestamp('2024-02-29T00:00:00-00:30')) == '2024-02-29T00:00:00-00:30'",
        "string(duration('1h30m')) == '5400s'", "string(duration('1.5s')) == '1.5s'",
        "string(duration('-1ms')) == '-0.001s'",
        "duration('1h1m1s1ms1us1ns') == duration('3661001001001ns')", "duration('0') == duration('0s')",
        "duration('.5s') == duration('500ms')",
        "duration('-1.5h') == duration('-90m')", "duration('1µs') == duration('1us')",
        "duration('9223372036854775807ns') > duration('0s')",
        "duration('-9223372036854775808ns') < duration('0s')",
    ])
    func `a conversion holds`(expression: String) throws {
        #expect(try outcome(of: expression, on: event) == .matches)
    }

    @Test(arguments: [
        ("int('1.5') == 1", "type conversion error from 'string' to 'int'"),
        ("int(' 1') == 1", "type conversion error from 'string' to 'int'"),
        ("int('9223372036854775808') == 1", "type conversion error from 'string' to 'int'"),
        ("int(1e19) == 1", "integer overflow"), ("int(0.0 / 0.0) == 1", "integer overflow"),
        ("int(18446744073709551615u) == 1", "integer overflow"), ("uint(-1) == 1u", "unsigned integer overflow"),
        ("uint(-0.5) == 0u", "unsigned integer overflow"),
        ("uint('+1') == 1u", "type conversion error from 'string' to 'uint'"),
        ("double('x') == 1.0", "type conversion error from 'string' to 'double'"),
        ("double('1e400') > 1.0", "type conversion error from 'string' to 'double'"),
        ("double('0x10') > 1.0", "type conversion error from 'string' to 'double'"),
        ("bool('yes')", "type conversion error from 'string' to 'bool'"),
        ("bool(event.data.count)", "no such overload: bool(double)"),
        ("string(b'\\xff') == ''", "invalid UTF-8 in bytes, cannot convert to string"),
        ("string(event.data) == ''", "no such overload: string(map)"),
        ("duration('1') == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("duration('1x') == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("duration('') == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("duration('300y') == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        (
            "duration('9223372036854775808ns') > duration('1s')",
            "type conversion error from 'string' to 'google.protobuf.Duration'"
        ),
        (
            "timestamp('2023-02-29T00:00:00Z') > timestamp(0)",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'"
        ),
        (
            "timestamp('2023-01-01T24:00:00Z') > timestamp(0)",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'"
        ),
        (
            "timestamp('2023-01-01 00:00:00Z') > timestamp(0)",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'"
        ),
        (
            "timestamp('2023-01-01T00:00:60Z') > timestamp(0)",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'"
        ),
        (
            "timestamp('2023-01-01T00:00:00') > timestamp(0)",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'"
        ),
        ("timestamp('0000-01-01T00:00:00Z') > timestamp(0)", "timestamp overflow"),
        ("timestamp(253402300800) > timestamp(0)", "timestamp overflow"),
        ("timestamp(event.data.count) > timestamp(0)", "no such overload: timestamp(double)"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s') > timestamp(0)", "timestamp overflow"),
        ("timestamp('0001-01-01T00:00:00Z') - timestamp('9999-12-31T23:59:59Z') < duration('1s')", "integer overflow"),
        ("duration('9223372036854775807ns') + duration('1ns') > duration('0s')", "integer overflow"),
    ])
    func `a conversion fails`(expression: String, message: String) throws {
        #expect(try outcome(of: expression, on: event) == .fails(message))
    }

    @Test(arguments: [
        "timestamp('2024-12-31T23:59:59.5Z').getDayOfYear() == 365",
        "timestamp('2023-12-31T00:00:00Z').getDayOfYear() == 364",
        "timestamp('2024-03-01T00:00:00Z').getDayOfMonth() == 0",
        "timestamp('2024-03-03T00:00:00Z').getDayOfWeek() == 0",
        "timestamp('1969-12-31T23:59:59Z').getDayOfWeek() == 3", "timestamp('0001-01-01T00:00:00Z').getFullYear() == 1",
        "timestamp('9999-12-31T23:59:59Z').getFullYear() == 9999",
        "timestamp('2024-05-06T07:08:09.123Z').getMilliseconds() == 123",
        "timestamp('2024-05-06T07:08:09Z').getSeconds() == 9",
        "timestamp('2024-05-06T07:08:09Z').getMinutes('+05:45') == 53",
        "timestamp('2024-01-01T00:30:00Z').getDate('-01:00') == 31",
        "timestamp('2024-01-01T00:30:00Z').getHours('-1:30') == 23",
        "timestamp('2024-01-01T00:30:00Z').getHours('') == 0", "timestamp('2024-01-01T00:30:00Z').getHours('UTC') == 0",
        "timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin') == 14",
        "timestamp('2024-01-01T12:00:00Z').getHours('Europe/Berlin') == 13",
        "timestamp('2024-03-31T00:59:59Z').getHours('Europe/Berlin') == 1",
        "timestamp('2024-03-31T01:00:00Z').getHours('Europe/Berlin') == 3",
        "timestamp('2060-07-01T12:00:00Z').getHours('Europe/Berlin') == 14",
        "timestamp('2060-01-01T12:00:00Z').getHours('America/New_York') == 7",
        "timestamp('2060-07-01T12:00:00Z').getHours('America/New_York') == 8",
        "timestamp('2060-07-01T12:00:00Z').getHours('Australia/Sydney') == 22",
        "timestamp('2060-01-01T12:00:00Z').getHours('Australia/Sydney') == 23",
        "timestamp('1900-01-01T12:00:00Z').getHours('Europe/Berlin') == 13",
        "timestamp('2024-07-01T12:00:00Z').getHours(event.subject == '' ? '' : 'Asia/Tokyo') == 21",
        "duration('3723.5s').getHours() == 1", "duration('3723.5s').getMinutes() == 62",
        "duration('3723.5s').getSeconds() == 3723",
        "duration('3723.5s').getMilliseconds() == 3723500", "duration('-90s').getMinutes() == -1",
        "timestamp('2024-05-06T07:08:09Z') - duration('9s') == timestamp('2024-05-06T07:08:00Z')",
        "timestamp(0) - duration('1ns') < timestamp(0)", "duration('1s') + timestamp(0) == timestamp(1)",
        "timestamp('2024-05-06T07:08:09.5Z') - timestamp('2024-05-06T07:08:10Z') == duration('-500ms')",
    ])
    func `a part of a time is right`(expression: String) throws {
        #expect(try outcome(of: expression, on: event) == .matches)
    }

    @Test(arguments: [
        ("timestamp(0).getHours('Nowhere/Land') == 0", "unknown time zone Nowhere/Land"),
        ("timestamp(0).getHours('../../etc/passwd') == 0", "time: invalid location name"),
        ("timestamp(0).getHours('/etc/passwd') == 0", "time: invalid location name"),
        ("timestamp(0).getHours('x:00') == 0", "strconv.Atoi: parsing \"x\": invalid syntax"),
        ("timestamp(0).getHours('01:99') == 0", "timezone offset minutes out of range [0, 59]: 01:99"),
        ("timestamp(0).getHours(dyn(1)) == 0", "no such overload: getHours"),
        ("event.type.getHours() == 0", "no such overload: getHours(string)"),
        ("event.type.getFullYear() == 0", "no such overload: getFullYear(string)"),
    ])
    func `a part of a time fails`(expression: String, message: String) throws {
        #expect(try outcome(of: expression, on: event) == .fails(message))
    }

    @Test func `every day of eight hundred years survives the calendar`() {
        for days in Int64(-146_097)...146_097 {
            let date = CivilDate(days: days)
            #expect(date.days == days)
        }
    }
}
