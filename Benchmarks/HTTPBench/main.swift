// What HTTP costs on this machine.
//
//   http-bench parse           nanoseconds for heads and chunks, without I/O
//   http-bench serve [port]    a server that answers 204, for Benchmarks/driver/publisher
//   http-bench call [total]    a client and a server on two shards of this process, 64 requests in flight

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "parse": ParseBenchmark.run()
case "serve": ServeBenchmark.run(port: arguments.dropFirst().first.flatMap { UInt16($0) } ?? 3500)
case "call": CallBenchmark.run(total: arguments.dropFirst().first.flatMap { Int($0) } ?? 500_000)
default: print("usage: http-bench parse | serve [port] | call [total]")
}
