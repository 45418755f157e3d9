#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the built osmem-demo as a user does and look at its table, its heap maps and its messages.

OSM_BUILD names the build folder (build). The last line is `N passed, N failed, N skipped`.
"""
import gzip
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = pathlib.Path(os.environ.get("OSM_BUILD", ROOT / "build")).resolve() / "bin" / "osmem-demo"
TRACE = ROOT / "tests" / "traces" / "gitlog.rep.gz"
TIMEOUT = 300
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments, folder=None, **options):
    return subprocess.run([DEMO, *arguments], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, **options)


def number(text):
    return int(text.replace(",", ""))


def size(text):
    value, unit = text.split()
    return float(value) * UNITS[unit]


def definitions(name, macro):
    """What a .def file lists, without its comments."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / name).read_text(), flags=re.S)
    return re.findall(rf"\b{macro}\(([^)]*)\)", text)


def expected_rows():
    """(policy, layout) of each row on the mock; None: a layout of the policy's own. A fit has a twin that scans."""
    layouts = [entry.split(",")[-1].strip() for entry in definitions("policies/layouts.def", "LAYOUT")]
    layouts = [layout for layout in layouts if layout != "policy"]
    fits = [policy.replace("_", "-") for policy in definitions("policies/policies.def", "FIT_POLICY")]
    own = [policy.replace("_", "-") for policy in definitions("policies/policies.def", "OWN_POLICY")]
    assert fits and layouts, "the lists of policies and layouts are read"
    fits += [f"{policy}-scan" for policy in fits]
    return {(policy, layout) for policy in fits for layout in layouts} | {(policy, None) for policy in own}, layouts


def table(output):
    """The rows of the table, each a dictionary by column."""
    lines = output.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("policy "))
    names = re.split(r" {2,}", lines[start].strip())
    rows = []
    for line in lines[start + 1:]:
        if not line:
            break
        rows.append(dict(zip(names, re.split(r" {2,}", line.strip()), strict=True)))
    return rows


class Quick:
    """One quick run over the committed trace, shared by the checks that look at it."""
    folder = None
    result = None

    @classmethod
    def get(cls):
        if cls.result is None:
            cls.folder = tempfile.TemporaryDirectory()
            cls.result = run("--quick", "--maps", "deep/maps", TRACE, folder=cls.folder.name)
        return cls.result, pathlib.Path(cls.folder.name)


def header():
    with gzip.open(TRACE, "rt") as trace:
        return [int(next(trace)) for _ in range(4)]


def check_quick_run_is_well_and_silent():
    result, _ = Quick.get()
    assert result.returncode == 0, result
    assert result.stderr == "", "no progress where there is no terminal: " + result.stderr


def check_each_policy_and_layout_has_a_row():
    rows = table(Quick.get()[0].stdout)
    expected, layouts = expected_rows()
    own = {policy for policy, layout in expected if layout is None}
    mocked = [(row["policy"], None if row["policy"] in own else row["layout"])
             for row in rows if row["backend"] == "mock"]
    assert sorted(mocked, key=str) == sorted(expected, key=str), mocked
    others = sorted((row["backend"], row["policy"], row["layout"]) for row in rows if row["backend"] != "mock")
    assert others == sorted((backend, "best-fit", layout) for backend in ("brk", "mmap") for layout in layouts), others


def check_twins_leave_the_same_free_blocks():
    rows = {(row["policy"], row["layout"]): row for row in table(Quick.get()[0].stdout) if row["backend"] == "mock"}
    twins = [(name, layout) for name, layout in rows if (f"{name}-scan", layout) in rows]
    assert twins, rows.keys()
    for name, layout in twins:
        fast, scan = rows[name, layout], rows[f"{name}-scan", layout]
        for column in ("free blocks", "largest free"):
            assert fast[column] == scan[column], (fast, scan)


def check_figures_agree_with_the_trace():
    output = Quick.get()[0].stdout
    _, blocks, operations, peak = header()
    head = re.match(r"gitlog: operations ([\d,]+), blocks ([\d,]+) .* peak payload (.*) \(([\d,]+) bytes\)", output)
    assert head, output
    assert [number(head[i]) for i in (1, 2, 4)] == [operations, blocks, peak], head[0]
    for row in table(output):
        assert number(row["operations"]) == operations, row
        assert row["peak payload"] == head[3] and abs(size(head[3]) / peak - 1) < 0.005, row


def check_figures_are_plausible():
    _, _, _, peak = header()
    for row in table(Quick.get()[0].stdout):
        heap, share = size(row["peak heap"]), float(row["utilisation"].rstrip("%"))
        assert peak <= heap * 1.005 and abs(share - 100 * peak / heap) < 0.5, row
        assert 30 < share <= 100, row
        assert 0 < number(row["time/op"].removesuffix(" ns")) < 1000000, row
        assert number(row["free blocks"]) >= 1 and 16 <= size(row["largest free"]) <= heap, row


def check_columns_are_aligned():
    lines = Quick.get()[0].stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("policy "))
    widths = {len(line) for line in lines[start:lines.index("", start)]}
    assert len(widths) == 1, widths


def check_each_policy_has_a_heap_map():
    result, folder = Quick.get()
    paths = re.findall(r"^  (\S+\.svg)$", result.stdout, flags=re.M)
    rows = [row for row in table(result.stdout) if row["backend"] == "mock"]
    assert paths == [f"deep/maps/gitlog-{row['policy']}-{row['layout']}.svg" for row in rows], paths
    assert sorted(path.name for path in (folder / "deep/maps").iterdir()) == sorted(os.path.basename(p) for p in paths)


def check_heap_maps_are_drawn():
    _, folder = Quick.get()
    for path in (folder / "deep/maps").iterdir():
        text = path.read_text()
        assert len(text) <= 300000 and "prefers-color-scheme:dark" in text, path
        root = xml.etree.ElementTree.fromstring(text)
        assert root.tag == SVG + "svg" and root.find(SVG + "title").text.startswith("gitlog: "), path
        tips = [title.text for title in root.iter(SVG + "title")][1:]
        assert len(tips) > 50 and any(tip.startswith("live: ") for tip in tips), path
        width, drawn = float(root.get("width")), 0
        for path_data in (stroke.get("d") for stroke in root.iterfind(f"{SVG}g//{SVG}path")):
            assert re.fullmatch(r"M\d+ -10V\d+|(M0 0)?(M[\d.]+ \d+h[\d.]+)*", path_data), (path, path_data)
            strokes = [(float(x), float(run)) for x, run in re.findall(r"M([\d.]+) \d+h([\d.]+)", path_data)]
            assert all(x + run <= width for x, run in strokes), (path, path_data)
            drawn += sum(run for _, run in strokes)
        legend = "\n".join(root.itertext())
        held = sum(size(text) for text in re.findall(r"^(?:live|free|headers).*: (\S+ \S+) \([\d.]+%\)$", legend, re.M))
        row = size(re.search(r"A row is (\S+ \S+)\.", legend)[1])
        assert abs(drawn * row / 1024 / held - 1) < 0.01, (path, "each byte is drawn once", drawn, row, held)


def check_no_maps_writes_none():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "tiny.rep").write_text("a 0 100\n")
        result = run("--quick", "--no-maps", "tiny.rep", folder=folder)
        assert result.returncode == 0 and ".svg" not in result.stdout, result
        assert os.listdir(folder) == ["tiny.rep"]


def check_odd_traces_are_replayed():
    """No operation at all, no bytes, each kind of operation, blocks that stay, and two files at once."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "empty.rep").write_text("# nothing\n")
        pathlib.Path(folder, "zero & <one>.rep").write_text("a 1 0\nr 1 0\nf 1\n")
        pathlib.Path(folder, "kinds").write_text(
            "c 1 100 40\nm 2 4096 5\nr 1 300000\nm 3 65536 200000\nc 4 1 200000\nr 2 1\nr 4 0\nf 3\nr 4 9\n")
        result = run("--quick", "empty.rep", "zero & <one>.rep", "kinds", folder=folder)
        assert result.returncode == 0 and result.stderr == "", result
        assert result.stdout.count("\npolicy ") == 3, result.stdout
        maps = list(pathlib.Path(folder, "build/heapmaps").iterdir())
        assert len(maps) == 3 * len({(r["policy"], r["layout"]) for r in table(result.stdout)}), maps
        for path in maps:
            xml.etree.ElementTree.parse(path)


def check_bad_trace_is_named():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "good.rep").write_text("a 1 2\n")
        pathlib.Path(folder, "bad.rep").write_text("a 1 2\n# comment\nf 2\n")
        pathlib.Path(folder, "cut.rep.gz").write_bytes(TRACE.read_bytes()[:5000])
        result = run("--quick", "good.rep", "bad.rep", folder=folder)
        assert (result.returncode, result.stdout) == (2, ""), result
        assert result.stderr == "bad.rep:3: block 2 is not live\n", result.stderr
        result = run("--quick", "cut.rep.gz", folder=folder)
        assert result.returncode == 2, result
        assert re.fullmatch(r"cut\.rep\.gz:\d+: the compressed data ends early\n", result.stderr), result.stderr
        result = run("none.rep", folder=folder)
        assert (result.returncode, result.stderr) == (2, "none.rep: No such file or directory\n"), result


def check_bad_usage_is_told():
    for arguments in (["--quik", "--fast", TRACE], ["--fast", TRACE], [], ["--maps"], ["--quick"]):
        result = run(*arguments)
        assert (result.returncode, result.stdout) == (2, ""), result
        assert "usage: osmem-demo " in result.stderr, result.stderr
    assert "--fast" in run("--fast", TRACE).stderr


def check_help_answers():
    result = run("--help")
    assert result.returncode == 0 and not result.stderr, result
    assert result.stdout.startswith("usage: osmem-demo"), result.stdout


def check_failures_are_told():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "file").write_text("")
        pathlib.Path(folder, "huge.rep").write_text("a 1 9000000000000000000\n")
        result = run("--quick", "--maps", "file/maps", TRACE, folder=folder)
        assert (result.returncode, result.stderr) == (1, "osmem-demo: file/maps: Not a directory\n"), result
        result = run("--no-maps", "huge.rep", folder=folder)
        assert (result.returncode, result.stderr) == (1, "osmem-demo: huge.rep: Cannot allocate memory\n"), result
        pathlib.Path(folder, "tiny.rep").write_text("a 1 1\n")
        with open("/dev/full", "w") as full:
            result = subprocess.run([DEMO, "--quick", "--no-maps", "tiny.rep"], cwd=folder, stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=TIMEOUT)
        assert (result.returncode, "standard output" in result.stderr) == (1, True), result


def terminal_read(terminal):
    """What is written to a terminal until its other side is closed."""
    seen = b""
    while select.select([terminal], [], [], TIMEOUT)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    return seen.decode()


def check_interrupt_leaves_a_partial_table():
    terminal, other = os.openpty()
    demo = subprocess.Popen([DEMO, "--no-maps", TRACE], stdout=subprocess.PIPE, stderr=other, text=True)
    os.close(other)
    output = ""
    while "\nfirst-fit" not in output:
        line = demo.stdout.readline()
        assert line, "the demo ended before its first row: " + output
        output += line
    demo.send_signal(signal.SIGINT)
    output += demo.stdout.read()
    errors = terminal_read(terminal)
    os.close(terminal)
    assert demo.wait(TIMEOUT) == 130
    expected, _ = expected_rows()
    assert 1 <= len(table(output)) < len(expected), output
    assert "utilisation   peak payload / peak heap" in output, output
    assert "checking " in errors and errors.replace("\r\n", "\n").endswith("\033[Kosmem-demo: interrupted\n"), errors


def check_interrupt_does_not_wait_for_a_trace():
    with subprocess.Popen([DEMO, "--no-maps", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as demo:
        demo.stdin.write(b"a 1 2\n")
        demo.stdin.flush()
        time.sleep(0.3)
        demo.send_signal(signal.SIGINT)
        try:
            assert demo.wait(5) == -signal.SIGINT
        finally:
            demo.kill()


def main():
    checks = [(name, check) for name, check in globals().items() if name.startswith("check_")]
    failed = 0
    for name, check in checks:
        try:
            check()
            print(f"ok      {name}")
        except Exception:
            failed += 1
            print(f"FAILED  {name}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(checks) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
