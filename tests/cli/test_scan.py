"""The command line as users and CI meet it: exit codes, streams, bad input."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own and check what always holds."""
    done = subprocess.run(
        [sys.executable, "-m", "datalint", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that explains a refusal."""
    lines = [text for text in done.stderr.splitlines() if text.startswith("datalint: error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0].removeprefix("datalint: error: ")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two classes of three pictures, and one empty file."""
    folder = tmp_path / "data"
    for name, colour in (("cat", 40), ("dog", 160)):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            picture = Image.effect_noise((64, 48), 30 + 10 * number).point(
                lambda value, add=colour: (value + add) % 256
            )
            picture.convert("RGB").save(folder / name / f"{number}.png")
    (folder / "cat" / "empty.png").touch()
    return folder


def test_no_command_prints_the_help() -> None:
    done = run()
    assert done.returncode == 2
    assert "datalint scan DIR" in done.stderr
    assert "Commands:\n  scan " in done.stderr


@pytest.mark.parametrize("form", [["-q"], ["--format", "gitlab"], ["--statistics"]])
def test_why_nothing_was_scanned_is_always_told(tmp_path: Path, form: list[str]) -> None:
    done = run("scan", tmp_path, *form)
    assert done.returncode == 3
    assert "nothing was scanned" in done.stderr


def test_a_branch_that_is_empty_text_is_refused(dataset: Path) -> None:
    done = run("scan", dataset, "--since", "")
    assert done.returncode == 2
    assert "--since takes a branch" in line(done)


def test_a_path_in_place_of_a_command(dataset: Path) -> None:
    done = run(dataset)
    assert done.returncode == 2
    assert f"`datalint scan {dataset}`" in line(done)


def test_exit_codes(dataset: Path) -> None:
    assert run("scan", dataset, "--select", "DL103").returncode == 1
    assert run("scan", dataset, "--select", "DL103", "--exit-zero").returncode == 0
    assert run("scan", dataset, "--select", "DL103", "--fail-on", "never").returncode == 0
    assert run("scan", dataset, "--select", "DL105").returncode == 0
    assert run("scan", dataset, "--select", "DL103", DATALINT_FAIL_ON="never").returncode == 0


def test_the_exit_code_is_the_same_in_every_format(dataset: Path) -> None:
    from datalint import report
    from datalint.cli import scan

    assert scan.FORMATS == report.FORMATS
    for name in scan.FORMATS:
        assert run("scan", dataset, "--select", "DL103", "--format", name).returncode == 1


def test_a_missing_path_is_not_green(tmp_path: Path) -> None:
    done = run("scan", tmp_path / "dta")
    assert done.returncode == 3
    assert "dta" in line(done)
    assert done.stdout == ""


def test_an_empty_folder_is_not_green(tmp_path: Path) -> None:
    done = run("scan", tmp_path)
    assert done.returncode == 3
    assert "Nothing was scanned" in done.stdout


def test_a_folder_of_text_is_not_green(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    done = run("scan", tmp_path, "--format", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["summary"]["skipped"][0]["path"] == "notes.txt"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--slect", "DL1"], "--slect"),
        (["--select", "DL199x"], "unknown rule 'DL199x'"),
        (["--ignore", "near-duplicat"], "did you mean near-duplicate"),
        (["--format", "pdf"], "'pdf' is not one of"),
        (["--format", "json", "--format", "html"], "only one format can go to stdout"),
        (["--format", "json="], "has no file"),
        (["--fail-on", "fatal"], "fatal"),
        (["-j", "-1"], "-1"),
        (["--config", "no-such.toml"], "no-such.toml"),
        (["--layout", "coco2"], "coco2"),
        (["--write-baseline", "--prune-baseline"], "exclude each other"),
        (["--no-baseline", "--write-baseline"], "--no-baseline excludes"),
        (["--prune-baseline"], "there is no baseline to prune"),
        (["--baseline", "no-such.json"], "there is no such baseline"),
        (["--write-baseline", "--changed"], "--changed leaves findings out"),
        (["--statistics", "--format", "sarif"], "as text or json, not as sarif"),
        (["-0"], "--files-from"),
        (["--files-from", "no-such.txt"], "no-such.txt"),
    ],
)
def test_bad_options_are_refused(dataset: Path, arguments: list[str], said: str) -> None:
    done = run("scan", dataset, *arguments)
    assert done.returncode == 2
    assert said in line(done)


def test_a_bad_config_key_is_refused(dataset: Path) -> None:
    (dataset / "datalint.toml").write_text('fail_on = "note"')
    done = run("scan", dataset)
    assert done.returncode == 2
    assert "did you mean fail-on?" in line(done)
    assert run("scan", dataset, "--isolated", "--select", "DL103").returncode == 1


def test_a_broken_plugin_is_refused(dataset: Path) -> None:
    (dataset / "datalint.toml").write_text('plugins = ["ours.py"]')
    (dataset / "ours.py").write_text("import no_such_module")
    done = run("scan", dataset, "--allow-plugins")
    assert done.returncode == 2
    assert "ours.py failed to import: ModuleNotFoundError" in line(done)
    assert run("scan", dataset, "--isolated", "--select", "DL103").returncode == 1


CRASHING = '''
from datalint import Confidence, Need, Rule, Severity

class Unlucky(Rule):
    """Crashes."""
    code, name, since = "ACME001", "unlucky", "1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.FILES,)
    message = "never said"
    def check(self, data):
        raise RuntimeError("out of luck")
'''


def test_a_crashing_rule_costs_only_itself(dataset: Path) -> None:
    (dataset / "datalint.toml").write_text('plugins = ["ours.py"]')
    (dataset / "ours.py").write_text(CRASHING)
    done = run("scan", dataset, "--select", "DL103,ACME001", "--allow-plugins")
    assert done.returncode == 2
    assert "DL103 empty-file" in done.stdout
    assert "ACME001 unlucky: crashed: RuntimeError: out of luck" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told(dataset: Path) -> None:
    done = run("scan", dataset, "--select", "DL103", "--format", "json=/dev/full")
    assert done.returncode == 2
    assert "/dev/full: No space left on device" in line(done)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "datalint", "scan", str(dataset), "--select", "DL103"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_output_that_cannot_be_written_is_told(dataset: Path, tmp_path: Path) -> None:
    done = run("scan", dataset, "--select", "DL103", "--format", f"json={tmp_path / 'no' / 'r.json'}")
    assert done.returncode == 2
    assert "No such file or directory" in line(done)
    (tmp_path / "file").touch()
    done = run("scan", dataset, "--select", "DL103", "--export", tmp_path / "file" / "tables")
    assert done.returncode == 2
    assert "Not a directory" in line(done)


def test_a_file_size_limit_leaves_no_half_report(dataset: Path, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for a disk that fills up while the report is written; it binds root too."""
    target = tmp_path / "report.json"
    target.write_text("the old report")
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512));"
        "from datalint.cli import main;"
        f"main(['scan', {str(dataset)!r}, '--select', 'DL103', '--format', 'json={target}'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "File too large" in line(done)
    assert target.read_text() == "the old report"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_export_writes_every_table(dataset: Path, tmp_path: Path) -> None:
    import polars as pl

    from datalint.dataset.schema import TABLES

    run("scan", dataset, "--select", "DL103", "--export", tmp_path / "tables")
    assert {path.stem for path in (tmp_path / "tables").iterdir()} == {*TABLES, "findings", "members", "report"}
    assert pl.read_parquet(tmp_path / "tables" / "findings.parquet")["code"].to_list() == ["DL103"]
    assert pl.read_parquet(tmp_path / "tables" / "images.parquet").height == 7


def test_several_formats_at_once(dataset: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    done = run("scan", dataset, "--select", "DL103", "--format", f"json={target}", "--format", "concise")
    assert done.stdout == "cat/empty.png: error: DL103 empty-file: the file has zero bytes\n"
    assert json.loads(target.read_text())["summary"]["errors"] == 1


def test_stdout_is_the_report_alone(dataset: Path) -> None:
    done = run("scan", dataset, "--format", "json")
    json.loads(done.stdout)
    assert done.stderr == ""


def test_statistics(dataset: Path) -> None:
    assert run("scan", dataset, "--select", "DL103", "--statistics").stdout == "1\tDL103 empty-file\n"
    done = run("scan", dataset, "--select", "DL103", "--statistics", "--format", "json")
    assert json.loads(done.stdout) == [{"code": "DL103", "name": "empty-file", "count": 1}]


def test_an_earlier_report_is_compared(dataset: Path, tmp_path: Path) -> None:
    old, page = tmp_path / "old.json", tmp_path / "report.html"
    settings = ("--isolated", "--select", "DL1")
    run("scan", dataset, *settings, "--format", f"json={old}")
    (dataset / "cat" / "empty.png").unlink()
    done = run("scan", dataset, *settings, "--compare", old, "--format", f"html={page}", "--format", f"json={old}")
    assert done.returncode == 0
    assert "\nCompared  0 new, 1 fixed, 0 remaining since " in done.stdout
    assert "  fixed  DL103 empty-file 1\n" in done.stdout
    text = page.read_text("utf-8")
    assert "--compare" in text
    assert re.search(r"<dt>Date</dt><dd><bdi>\d{4}-\d\d-\d\d \d\d:\d\d", text)
    assert json.loads(old.read_text("utf-8"))["comparison"]["fixed"] == 1


def test_a_report_that_is_none_is_refused(dataset: Path, tmp_path: Path) -> None:
    for content in ("no JSON", '{"schema": "datalint/diff/v1"}'):
        (tmp_path / "old.json").write_text(content)
        done = run("scan", dataset, "--compare", tmp_path / "old.json")
        assert (done.returncode, done.stdout) == (2, "")
        assert "old.json: not a JSON report of datalint (--format json=FILE writes one)" in line(done)
    done = run("scan", dataset, "--compare", tmp_path / "gone.json")
    assert done.returncode == 2
    assert "gone.json: cannot be read: No such file" in line(done)
    done = run("scan", dataset, "--compare", tmp_path / "old.json", "--changed")
    assert done.returncode == 2
    assert "--changed leaves findings out" in line(done)


def test_colour(dataset: Path) -> None:
    assert "\x1b[" not in run("scan", dataset, "--select", "DL103").stdout
    assert "\x1b[" in run("scan", dataset, "--select", "DL103", "--color", "always").stdout
    assert "\x1b[" in run("scan", dataset, "--select", "DL103", FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("scan", dataset, "--select", "DL103", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_hostile_names_do_not_reach_the_terminal(dataset: Path) -> None:
    (dataset / "cat" / "\x1b[2Jx\ny.png").touch()
    for form in ("text", "concise"):
        done = run("scan", dataset, "--select", "DL103", "--format", form)
        assert "\x1b" not in done.stdout
        assert "\\x1b[2Jx\\ny.png" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
def test_undecodable_names(dataset: Path) -> None:
    (dataset / "cat" / os.fsdecode(b"\xff\xfe.png")).touch()
    done = run("scan", dataset, "--select", "DL103", "--format", "json")
    paths = {finding["path"] for finding in json.loads(done.stdout)["findings"]}
    assert "cat/\\xff\\xfe.png" in paths


def test_an_unreadable_folder_is_told(dataset: Path) -> None:
    """Nothing is skipped in silence; run as root the test drops its privileges first, or it would prove nothing."""
    for folder in dataset.parents[:-2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    script = (
        "import os, sys, numpy.ma\n"
        # An unprivileged user may be unable to read this checkout: load everything first.
        "import datalint.cli.scan, datalint.engine, datalint.report.json, datalint.report.place, datalint.rules\n"
        "from datalint.catalogue import registry; from datalint.config.settings import Config\n"
        "registry.load(Config(isolated=True))\n"
        "from datalint.dataset.formats.registry import summaries; summaries()\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "from datalint.cli import main\n"
        f"main(['scan', {str(dataset)!r}, '--select', 'DL103', '--isolated', '--format', 'json', '-j0'])"
    )
    (dataset / "dog").chmod(0)
    try:
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        (dataset / "dog").chmod(0o755)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["dataset"]["images"] == 4, "the folder was read after all: the test proves nothing"
    assert any(entry["path"] == "dog" and "ermission" in entry["reason"] for entry in report["summary"]["skipped"])


SLEEPING = CRASHING.replace(
    'raise RuntimeError("out of luck")', "import time; print('asleep', flush=True); time.sleep(60)"
)


def test_the_help_groups_the_options() -> None:
    from datalint.cli.scan import command

    said = run("scan", "--help", COLUMNS="80").stdout
    heads = re.findall(r"^(\S.*):$", said, re.MULTILINE)
    assert heads[:2] == ["Rules", "Exit code and known findings"]
    assert heads[-1] == "Other"
    assert said.partition("\nOther:\n")[2].split("\n")[0].split() == [
        "-h,",
        "--help",
        "Show",
        "this",
        "message",
        "and",
        "exit.",
    ]
    assert "environment variable" in said
    for parameter in command.params:
        for name in parameter.opts if isinstance(parameter, click.Option) else ():
            assert re.search(rf"(^|[ ,]){name}\b", said, re.MULTILINE), name
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("kept", [False, True])
def test_ctrl_c_ends_cleanly(dataset: Path, tmp_path: Path, kept: bool) -> None:
    (dataset / "datalint.toml").write_text('plugins = ["ours.py"]')
    (dataset / "ours.py").write_text(SLEEPING)
    process = subprocess.Popen(
        [sys.executable, "-m", "datalint", "scan", str(dataset), "--ignore", "DL9", "--allow-plugins"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "DATALINT_NO_CACHE": "0" if kept else "1", "DATALINT_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "asleep\n"
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    said = ["datalint: error: interrupted"]
    if kept:
        said.insert(0, "datalint: what was measured is kept; the next scan goes on from there")
        assert any((tmp_path / "cache").iterdir())
    assert [line for line in stderr.splitlines() if line] == said  # click ends the line of the ^C


def test_lines_are_broken_for_a_terminal_and_whole_in_a_pipe(dataset: Path, tmp_path: Path) -> None:
    (dataset / "cat" / "page.png").write_text("<html></html>")
    whole = run("scan", dataset, "--select", "DL1", "--format", f"text={tmp_path / 'file'}", "--format", "text")
    assert "  → fetch the image again, or delete the file and its label\n" in whole.stdout
    narrow = run("scan", dataset, "--select", "DL1", COLUMNS="50")
    assert "  → fetch the image again, or delete the file and\n    its label\n" in narrow.stdout
    assert (tmp_path / "file").read_text().splitlines()[1:-5] == whole.stdout.splitlines()[1:-5]


def test_a_bad_baseline_is_told_before_the_work(dataset: Path) -> None:
    (dataset / "datalint-baseline.json").write_text("[]")
    done = run("scan", dataset, "--write-baseline", "-v")
    assert done.returncode == 2
    assert "not a baseline" in line(done)
    assert "discover:" not in done.stderr


def test_init_lists_all_classes_or_none(tmp_path: Path) -> None:
    for number in range(201):
        folder = tmp_path / f"{number:03}"
        folder.mkdir()
        for name in "ab":
            Image.new("L", (8, 8)).save(folder / f"{name}.png")
    assert "# classes = [... all 201]" in run("init", tmp_path, "--stdout").stdout
    shutil.rmtree(tmp_path / "000")
    assert '"200"]' in run("init", tmp_path, "--stdout").stdout


def test_init_writes_a_config_that_loads(dataset: Path) -> None:
    assert run("init", dataset).returncode == 0
    text = (dataset / "datalint.toml").read_text()
    assert '# classes = ["cat", "dog"]' in text
    assert run("init", dataset).returncode == 2
    assert run("scan", dataset, "--select", "DL103").returncode == 1
    (dataset / "datalint.toml").write_text(text.replace("# classes", "classes").replace("# fail-on", "fail-on"))
    assert run("scan", dataset, "--select", "DL103").returncode == 1


def test_rule_and_rules() -> None:
    assert run("rule", "empty-file").stdout.startswith("# DL103 empty-file\n")
    done = run("rule", "empty-fiel")
    assert done.returncode == 2
    assert "did you mean empty-file" in line(done)
    listed = json.loads(run("rules", "--format", "json", "--select", "DL1").stdout)
    assert {entry["code"][:3] for entry in listed} == {"DL1"}


def test_the_beginning_of_codes_lists_the_family() -> None:
    listed = run("rule", "dl70").stdout.splitlines()
    assert listed[0].startswith("DL701  split-leak ")
    assert {text[:4] for text in listed} == {"DL70"}
    assert "DL6 has DL601 to DL" in line(run("rule", "DL69"))


def test_a_command_that_is_nearly_one() -> None:
    assert line(run("rulez")) == "there is no command rulez; did you mean rule or rules?"
    assert "No such command" in line(run("frobnicate"))


def test_schemas() -> None:
    import jsonschema

    for what in ("report", "config"):
        jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", what).stdout))


def test_a_baseline_from_adoption_to_pruning(dataset: Path, tmp_path: Path) -> None:
    arguments = ("scan", dataset, "--select", "DL103,DL106,DL601", "--fail-on", "warning")
    done = run(*arguments, "--write-baseline")
    assert done.returncode == 0
    assert "entries written: 1" in done.stderr
    assert "1 finding (0 new, 1 in the baseline)" in done.stdout
    assert run(*arguments, "--no-baseline").returncode == 1
    (dataset / "cat" / "empty.png").rename(dataset / "dog" / "moved.png")
    assert run(*arguments).returncode == 0

    (dataset / "dog" / "page.png").write_text("<html></html>")
    (dataset / "dog" / "0-copy.png").write_bytes((dataset / "dog" / "1.png").read_bytes())
    forms = ("concise", "json", "jsonl", "markdown", "sarif", "github", "gitlab", "junit")
    done = run(*arguments, *(part for form in forms for part in ("--format", f"{form}={tmp_path / form}")))
    assert done.returncode == 1
    for form in forms:
        text = (tmp_path / form).read_text().partition("Ready to paste")[0]  # code leaves out every broken file
        assert "page.png" in text
        assert "0-copy.png" in text
        assert ("moved.png" in text) == (form in ("json", "jsonl")), form
    found = json.loads((tmp_path / "json").read_text())["findings"]
    assert {finding["path"]: finding["status"] for finding in found} == {
        "dog/0-copy.png": "new",
        "dog/moved.png": "baselined",
        "dog/page.png": "new",
    }

    for name in ("page.png", "0-copy.png", "moved.png"):
        (dataset / "dog" / name).unlink()
    done = run(*arguments)
    assert done.returncode == 0
    assert "baseline: DL103 cat/empty.png: it matches no finding" in done.stdout
    done = run(*arguments, "--prune-baseline")
    assert "entries removed: 1 of 1" in done.stderr
    assert "Unused" not in done.stdout


def test_a_scan_that_did_not_finish_writes_no_baseline(dataset: Path, tmp_path: Path) -> None:
    (dataset / "datalint.toml").write_text('plugins = ["ours.py"]')
    (dataset / "ours.py").write_text(CRASHING)
    target = tmp_path / "known.json"
    arguments = ("--select", "DL103,ACME001", "--allow-plugins")
    done = run("scan", dataset, *arguments, "--write-baseline", "--baseline", target)
    assert (done.returncode, target.exists()) == (2, False)
    assert "was not written: a rule crashed" in done.stderr
    (tmp_path / "empty").mkdir()
    done = run("scan", tmp_path / "empty", "--write-baseline", "--baseline", target)
    assert (done.returncode, target.exists()) == (3, False)


def test_what_the_config_accepts_can_be_shown(dataset: Path) -> None:
    text = '[[accept]]\nrule = "DL103"\npath = "cat/*"\nreason = "on purpose"\n'
    (dataset / "datalint.toml").write_text(text)
    assert run("scan", dataset, "--select", "DL103").returncode == 0
    assert run("scan", dataset, "--select", "DL103", "--no-accept").returncode == 1


def test_paths_from_a_list(dataset: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    names = [str(dataset / "cat" / "empty.png"), str(dataset / "dog" / "0.png")]
    listed.write_text("\n".join(names) + "\n")
    done = run("scan", "--files-from", listed, "--format", "json", "--select", "DL1")
    assert json.loads(done.stdout)["dataset"]["images"] == 2
    listed.write_text("\0".join(names) + "\0")
    done = run("scan", dataset / "cat", "--files-from", listed, "-0", "--format", "json", "--select", "DL1")
    assert json.loads(done.stdout)["dataset"]["images"] == 5
    listed.write_text("")
    done = run("scan", "--files-from", listed)
    assert done.returncode == 3
    assert "lists no path" in line(done)


def test_settings_are_shown(dataset: Path) -> None:
    (dataset / "datalint.toml").write_text('fail-on = "note"')
    done = run("scan", dataset, "--select", "DL103", "--show-settings")
    assert done.returncode == 0
    assert done.stdout.startswith(f"# {dataset / 'datalint.toml'}\n# 1 rules: DL103\n")
    assert 'fail-on = "note"\n' in done.stdout


def test_a_cut_report_is_told(dataset: Path, tmp_path: Path) -> None:
    script = (
        "from datalint.report import sarif; sarif.KEPT = 0\n"
        "from datalint.cli import main\n"
        f"main(['scan', {str(dataset)!r}, '--select', 'DL103', '--format', 'sarif={tmp_path / 'r.sarif'}'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "sarif: the worst 0 of 1 findings" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == 0
    assert "_DATALINT_COMPLETE" in done.stdout
    # What the script sets when TAB is pressed; fish gives the word itself where others give its number.
    at = "empty-f" if shell == "fish" else "2"
    done = run(_DATALINT_COMPLETE=f"{shell}_complete", COMP_WORDS="datalint rule empty-f", COMP_CWORD=at)
    assert "empty-file" in done.stdout


def test_the_old_name_of_an_option_still_works(dataset: Path) -> None:
    for flag in ("--labels-format", "--layout"):
        assert "coco2" in line(run("scan", dataset, flag, "coco2"))
    assert "coco2" in line(run("scan", dataset, DATALINT_LABELS_FORMAT="coco2"))
    assert "coco2" in line(run("scan", dataset, DATALINT_LAYOUT="coco2"))
