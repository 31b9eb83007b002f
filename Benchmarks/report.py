"""Tables of a measurement, as Markdown."""

import datetime
import os
import platform
import subprocess


def machine():
    """What was measured on."""
    model = memory = "unknown"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as info:
        memory = f"{int(info.readline().split()[1]) / 1e6:.0f} GB"
    return f"{model}, {os.cpu_count()} CPUs, {memory}, Linux {platform.release()}"


def busy():
    """The load average when the measurement begins, with a warning where others use the machine too."""
    load = os.getloadavg()[0]
    warning = "" if load < 0.5 * os.cpu_count() else ": **others use this machine too, the figures are too low**"
    return f"{load:.1f}{warning}"


def version(program):
    """What the binary says about itself."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown"


def number(value, digits=None):
    """A number for a table."""
    if value is None:
        return "-"
    if digits is None:
        return f"{value:,.0f}"
    return f"{value:,.{digits}f}"


def cpu(value):
    """CPU seconds for 100,000 events: total (user + system)."""
    return f"{value['total']:.2f} ({value['user']:.2f} + {value['system']:.2f})"


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def render(result):
    """The whole report."""
    parts = [f"Machine: {result['machine']}  \nLoad average before: {result['load']}  \n"
             f"Date: {result['date']}  \nCommand: `{result['command']}`  \n"
             f"Bodies of {result['size'] / 1024:g} KiB, 64 keep-alive connections; driver, sink, broker and sidecar share the machine. "
             f"CPU: seconds of one process per 100,000 events, total (user + system).",
             "## Floors: without a sidecar",
             table(["", "per second", "p50 ms", "p99 ms", "CPU s / 100k of the server"],
                   [[name, number(one["per_second"]), number(one.get("p50_ms"), 2), number(one.get("p99_ms"), 2),
                     cpu(one["cpu"])] for name, one in result["floors"].items()])]
    for name, one in result["binaries"].items():
        parts += binary(name, one)
    return "\n\n".join(parts) + "\n"


def binary(name, one):
    """The part of one binary."""
    foot, empty = one["footprint"], one["empty_handler"]
    parts = [f"## {name}: {one['version']}",
             table(["", ""], [
                 ["start to ready", f"{number(foot['ready_ms'], 1)} ms"],
                 ["memory when idle", f"{number(foot['idle_mb'], 1)} MB"],
                 ["memory per idle connection", f"{number(foot['kb_per_connection'], 1)} kB"],
                 ["size of the binary", f"{number(foot['binary_mb'], 1)} MB"],
                 ["empty handler (GET /v1.0/healthz)", f"{number(empty['per_second'])} per second, {cpu(empty['cpu'])} "
                                                       f"CPU s / 100k, p50 {number(empty['p50_ms'], 2)} ms, "
                                                       f"p99 {number(empty['p99_ms'], 2)} ms"]])]
    rows = []
    for broker, values in one["brokers"].items():
        if "failed" in values:
            rows.append([broker, f"not measured: {values['failed']}"] + ["-"] * 9)
            continue
        publish, deliver, latency = values["publish"], values["deliver"], values["latency"]
        missing = deliver["missing"] + latency["missing"]
        rows.append([broker, number(publish["per_second"]), cpu(publish["cpu"]), number(publish["p50_ms"], 2),
                     number(publish["p99_ms"], 2), number(deliver["per_second"]), cpu(deliver["cpu"]),
                     f"{number(latency['p50_ms'], 2)} / {number(latency['p99_ms'], 2)} / "
                     f"{number(latency['p999_ms'], 2)}", cpu(latency["cpu"]), number(deliver["peak_mb"], 1),
                     str(missing) + (f" (+{deliver['again']} again)" if deliver["again"] else "")])
    parts.append(table(["broker", "publish only, events/s", "CPU s / 100k", "p50 ms", "p99 ms",
                        "publish → deliver, events/s", "CPU s / 100k",
                        "age at the app at 1,000/s, p50 / p99 / p999 ms", "CPU s / 100k", "peak memory MB", "missing"],
                       rows))
    return parts


def date():
    """Now."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
