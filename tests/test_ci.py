"""What runs datalint elsewhere: the GitHub action, the pre-commit hooks, and the examples in docs/ci.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from datalint.config.settings import IMAGE_EXTENSIONS
from datalint.dataset.files.extensions import LABEL_EXTENSIONS
from tests.diff.test_diff import commit, git, picture

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = re.findall(
    r"^```yaml\n# (\S+)\n(.*?)^```$", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
posix = pytest.mark.skipif(sys.platform == "win32", reason="the steps are Bash scripts")


def schema_of(name: str) -> str:
    if name == "action.yml":
        return "vendor.github-actions"
    return "vendor.gitlab-ci" if name == ".gitlab-ci.yml" else "vendor.github-workflows"


def test_every_file_is_what_its_reader_expects(tmp_path: Path) -> None:
    """Against the published schemas, and read by pre-commit itself."""
    files: dict[str, list[Path]] = {schema_of("action.yml"): [ROOT / "action.yml"], schema_of("ci.yml"): [WORKFLOW]}
    for number, (name, text) in enumerate(EXAMPLES):
        place = tmp_path / f"{number}-{Path(name).name}"
        place.write_text(text, "utf-8")
        if name != ".pre-commit-config.yaml":
            files.setdefault(schema_of(name), []).append(place)
    for schema, places in files.items():
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, places)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    for what, place in (
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
        ("validate-config", next(tmp_path.glob("*pre-commit-config.yaml"))),
    ):
        command = [sys.executable, "-m", "pre_commit", what, str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="there is no actionlint")
def test_actionlint(tmp_path: Path) -> None:
    places = [WORKFLOW]
    for number, (name, text) in enumerate(EXAMPLES):
        if ".github" in name:
            places.append(tmp_path / f"{number}.yml")
            places[-1].write_text(text, "utf-8")
    done = subprocess.run(["actionlint", *map(str, places)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_examples_name_what_there_is() -> None:
    """Inputs, hooks and options that exist."""
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    help_text = {
        command: subprocess.run(
            [sys.executable, "-m", "datalint", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for command in ("scan", "diff")
    }
    for _, text in EXAMPLES:
        document = yaml.safe_load(text)
        for step in (step for job in document.get("jobs", {}).values() for step in job["steps"]):
            if "OWNER/datalint" in step.get("uses", ""):
                assert set(step["with"]) <= set(ACTION["inputs"])
        for repository in document.get("repos", []):
            assert {hook["id"] for hook in repository["hooks"]} <= hooks
        for command, rest in re.findall(r"datalint (scan|diff) (.*)", text):
            assert all(option in help_text[command] for option in re.findall(r"(--[a-z-]+)", rest))
    assert {name for name, _ in EXAMPLES} >= {".gitlab-ci.yml", ".pre-commit-config.yaml"}


# -- the action ------------------------------------------------------------------------------------------------------


def value(text: str, known: dict[str, Any]) -> str:
    """A string with its `${{ }}` replaced, of the expressions that the action uses."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluated(found[1], known)), text)


def evaluated(expression: str, known: dict[str, Any]) -> Any:
    def name(found: re.Match[str]) -> str:
        return repr(known.get(found[0], ""))

    python = re.sub(r"(?:inputs|steps|github|runner)(?:\.[\w-]+)+", name, expression)
    python = python.replace("&&", " and ").replace("||", " or ").replace("true", "True")
    return eval(re.sub(r"\bTrue'", "true'", python).strip())


def run_action(
    workspace: Path, temporary: Path, inputs: dict[str, str], event: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any], list[str]]:
    """Run the action's own steps in order; those of other actions are only named. The install is that of the tests."""
    known: dict[str, Any] = {f"inputs.{name}": entry["default"] for name, entry in ACTION["inputs"].items()}
    known |= {f"inputs.{name}": text for name, text in inputs.items()} | {"runner.temp": str(temporary)} | (event or {})
    shim = temporary / "datalint"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m datalint "$@"\n')
    shim.chmod(0o755)
    known["steps.install.outputs.datalint"] = str(shim)
    used = []
    environment = {name: text for name, text in os.environ.items() if name != "DATALINT_NO_CACHE"}
    environment |= {"RUNNER_TEMP": str(temporary), "GITHUB_STEP_SUMMARY": str(temporary / "summary.md")}
    for step in ACTION["runs"]["steps"]:
        if step.get("id") == "install" or not evaluated(step.get("if", "1"), known):
            continue
        if "uses" in step:
            used.append(step["uses"].split("@")[0])
            continue
        output = temporary / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=workspace,
            env=environment
            | {"GITHUB_OUTPUT": str(output)}
            | {name: value(str(text), known) for name, text in step.get("env", {}).items()},
            capture_output=True,
            text=True,
            check=False,
        )
        for line in output.read_text().splitlines():
            name, _, text = line.partition("=")
            known[f"steps.{step['id']}.outputs.{name}"] = text
        known["log"] = known.get("log", "") + done.stdout
        if done.returncode:
            return done.returncode, known, used
    return 0, known, used


@posix
def test_the_steps_of_the_action_in_order(tmp_path: Path) -> None:
    data = tmp_path / "work" / "my data"
    for seed in range(4):
        picture(seed, data / "ab"[seed % 2] / f"{seed}.png")
    (data / "a" / "empty.png").touch()
    temporary = tmp_path / "runner temp"
    temporary.mkdir()
    inputs = {"path": "my data", "args": "--select DL1*,DL103 --fail-on error"}
    code, known, used = run_action(tmp_path / "work", temporary, inputs)
    assert code == 2, known["log"]  # a bad selector is refused, and nothing uploaded
    assert used == ["actions/setup-python", "actions/cache/restore"]

    code, known, used = run_action(tmp_path / "work", temporary, inputs | {"args": "--select DL1 --fail-on error"})
    assert (code, known["steps.scan.outputs.exit-code"]) == (1, "1")
    assert used == [
        "actions/setup-python",
        "actions/cache/restore",
        "actions/cache/save",
        "github/codeql-action/upload-sarif",
    ]
    reports = Path(known["steps.scan.outputs.reports"])
    assert {path.name for path in reports.iterdir()} == {"datalint.sarif", "datalint.json", "datalint.md"}
    sarif = json.loads((reports / "datalint.sarif").read_text("utf-8"))
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["DL103"]
    assert "::error title=DL103 empty-file,file=my data/a/empty.png" in known["log"]
    assert (reports / "datalint.md").read_text("utf-8") in (temporary / "summary.md").read_text("utf-8")
    assert any((temporary / "datalint-cache").iterdir())

    (data / "a" / "empty.png").unlink()
    code, known, used = run_action(tmp_path / "work", temporary, inputs | {"args": "--select DL1", "cache": "false"})
    assert (code, used) == (0, ["actions/setup-python", "github/codeql-action/upload-sarif"])


def forge(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A repository of a forge whose base branch has a dataset with a fault, and the event of a pull request to it."""
    top = tmp_path / "server" / "owner" / "repository"
    for seed in range(4):
        picture(seed, top / "data" / "ab"[seed % 2] / f"{seed}.png")
    (top / "data" / "a" / "empty.png").touch()
    git(top, "init", "-q", "-b", "base")
    commit(top)
    git(top, "checkout", "-q", "-b", "change")
    (top / "data" / "datalint.toml").write_text('[[accept]]\nrule = "ALL"\npath = "**"\nreason = "x"\n')
    commit(top)
    return top, {
        "github.server_url": (tmp_path / "server").as_uri(),
        "github.repository": "owner/repository",
        "github.event.pull_request.number": 7,
        "github.event.pull_request.base.ref": "base",
        "github.event.pull_request.head.repo.full_name": "owner/repository",
    }


def checkout(tmp_path: Path, name: str, origin: Path, *options: str) -> tuple[Path, Path]:
    """What actions/checkout makes of the change, and a folder for the runner."""
    git(tmp_path, "clone", "-q", *options, "--branch", "change", origin.as_uri(), name)
    (tmp_path / f"runner {name}").mkdir()
    return tmp_path / name, tmp_path / f"runner {name}"


@posix
def test_a_pull_request_cannot_loosen_its_own_check(tmp_path: Path) -> None:
    top, event = forge(tmp_path)
    inputs = {"path": "data", "args": "--select DL1"}
    shallow = checkout(tmp_path, "shallow", top, "--depth=1")
    code, known, _ = run_action(*shallow, inputs, event)
    assert code == 1
    assert "::notice title=datalint,file=data/datalint.toml::this change loosens: accepts ALL in **" in known["log"]
    assert run_action(*shallow, inputs, {})[0] == 0, "a push to a branch is judged by its own settings"
    assert run_action(*shallow, inputs | {"settings-from": "own"}, event)[0] == 0
    assert run_action(*shallow, inputs | {"settings-from": "HEAD"}, event)[0] == 0
    queue = {name: text for name, text in event.items() if "pull_request" not in name}
    assert run_action(*shallow, inputs, queue | {"github.event.merge_group.base_ref": "refs/heads/base"})[0] == 1
    event["github.event.pull_request.base.ref"] = "nothing"
    code, known, used = run_action(*shallow, inputs, event)
    assert code == 2
    assert "could not be fetched" in known["log"]
    assert used == ["actions/setup-python"]


@posix
def test_the_base_is_that_of_the_repository_and_not_of_a_fork(tmp_path: Path) -> None:
    top, event = forge(tmp_path)
    fork = tmp_path / "fork"
    shutil.copytree(top, fork)
    git(fork, "branch", "-f", "base", "change")
    whole = checkout(tmp_path, "whole", fork)
    code, _, _ = run_action(*whole, {"path": "data", "args": "--select DL1"}, event)
    assert code == 1
    assert git(whole[0], "rev-parse", "--is-shallow-repository") == "false", "the history is not cut short"


STRANGERS = (
    {"github.event.pull_request.number": 7, "github.event.pull_request.head.repo.full_name": "stranger/fork"},
    {"github.event.pull_request.number": 7, "github.event.pull_request.head.repo.full_name": ""},  # it was deleted
    {"github.event.workflow_run.id": 8, "github.event.workflow_run.head_repository.full_name": "stranger/fork"},
)


@posix
@pytest.mark.parametrize("event", [*STRANGERS, {"github.event.pull_request.number": 7}])
def test_branches_of_strangers_use_no_cache(tmp_path: Path, event: dict[str, Any]) -> None:
    own = event not in STRANGERS
    event = (
        {"github.repository": "o/r"} | ({"github.event.pull_request.head.repo.full_name": "o/r"} if own else {}) | event
    )
    picture(0, tmp_path / "work" / "a.png")
    (tmp_path / "runner").mkdir()
    _, _, used = run_action(tmp_path / "work", tmp_path / "runner", {"args": "--select DL1"}, event)
    assert [name for name in used if "cache" in name] == ["actions/cache/restore", "actions/cache/save"] * own


def test_the_conditions_of_the_action() -> None:
    upload = next(step for step in ACTION["runs"]["steps"] if "upload-sarif" in step.get("uses", ""))
    there = {"inputs.upload-sarif": "true", "steps.scan.outputs.sarif": "x"}
    assert evaluated(upload["if"], there)
    assert not evaluated(upload["if"], there | {"github.event.pull_request.head.repo.fork": True})
    assert not evaluated(upload["if"], there | {"inputs.upload-sarif": "false"})
    install = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "install")
    for probe, extra in (("true", "[probe]"), ("false", "")):
        assert value(install["env"]["EXTRA"], {"inputs.probe": probe}) == extra


@posix
@pytest.mark.parametrize(
    ("extra", "index", "system", "gpu", "cpu_build"),
    [("[probe]", "the-index", "Linux", False, True), ("[probe]", "the-index", "Linux", True, False),
     ("[probe]", "the-index", "macOS", False, False), ("", "the-index", "Linux", False, False),
     ("[probe]", "", "Linux", False, False)],
)  # fmt: skip
def test_the_probe_comes_without_cuda_where_there_is_no_gpu(
    tmp_path: Path, extra: str, index: str, system: str, gpu: bool, cpu_build: bool
) -> None:
    install = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "install")
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    told = f'#!{shutil.which("bash")}\necho "$*" >> {log}\n'
    python = tools / "python"  # makes an environment whose Python is itself
    python.write_text(f'{told}if [ "$2" = venv ]; then {shutil.which("mkdir")} -p "$3/bin"; '
                      f'{shutil.which("cp")} "$0" "$3/bin/python"; fi\n')  # fmt: skip
    if gpu:
        (tools / "nvidia-smi").write_text(told)
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {
        "PATH": str(tools), "PYTHON": str(python), "SOURCE": "datalint", "EXTRA": extra, "RUNNER_OS": system,
        "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output"), "TORCH_CPU": index,
    }  # fmt: skip
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-e", "-o", "pipefail", "-c", install["run"]], env=environment, check=True)
    installs = [line for line in log.read_text().splitlines() if "pip install" in line]
    assert installs[-1].endswith(f" datalint{extra}")
    assert len(installs) == 1 + cpu_build
    assert (" --index-url the-index torch torchvision" in installs[0]) == cpu_build


@posix
@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck")
def test_the_scripts_of_the_action() -> None:
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            done = subprocess.run(
                ["shellcheck", "--shell=bash", "-"], input=step["run"], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout


# -- pre-commit ------------------------------------------------------------------------------------------------------


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository of our hooks that run this checkout: there may be no index here to install from."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8").replace("language: python", "language: system")
    command = f"entry: {Path(sys.executable).as_posix()} -m datalint scan"
    (folder / ".pre-commit-hooks.yaml").write_text(text.replace("entry: datalint scan", command), "utf-8")
    git(folder, "init", "-q")
    commit(folder)
    return folder


def test_the_staged_hook_starts_for_what_a_scan_reads() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (pattern,) = (hook["files"] for hook in hooks if hook["id"] == "datalint-staged")
    for extension in (*IMAGE_EXTENSIONS, *LABEL_EXTENSIONS, "names", "data"):
        assert re.search(pattern, f"data/x.{extension}")
        assert re.search(pattern, f"X.{extension.upper()}")
    assert not re.search(pattern, "data/read.py")


def pre_commit(top: Path, hooks: Path, hook: str) -> subprocess.CompletedProcess[str]:
    chosen = {"id": hook, "args": ["data"]}
    config = {"repos": [{"repo": str(hooks), "rev": git(hooks, "rev-parse", "HEAD"), "hooks": [chosen]}]}
    (top / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(top, "add", ".pre-commit-config.yaml")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("GIT_", "DATALINT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never"],
        cwd=top,
        env=environment
        | {"PRE_COMMIT_HOME": str(top.parent / "home"), "PYTHONPATH": str(ROOT), "DATALINT_SELECT": "DL1,DL701"}
        | {"DATALINT_JOBS": "1", "DATALINT_CACHE_DIR": str(top.parent / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_pre_commit_with_three_thousand_staged_images(tmp_path: Path, hooks: Path) -> None:
    top = tmp_path / "repository"
    picture(0, top / "data" / "train" / "a" / "0.png")
    picture(1, top / "data" / "test" / "b" / "1.png")
    (top / "data" / "train" / "a" / "old.png").touch()
    git(top, "init", "-q")
    commit(top)
    assert "Skipped" in pre_commit(top, hooks, "datalint-staged").stdout
    assert pre_commit(top, hooks, "datalint").returncode == 1
    git(top, "commit", "-qm", "config")

    head = (top / "data" / "train" / "a" / "0.png").read_bytes()
    folder = top / "data" / "train" / "a" / "a folder whose long name fills every argument list there is"
    folder.mkdir()
    for number in range(3000):
        (folder / f"picture {number:04}.png").write_bytes(head + b"%d" % number)
    shutil.copy(top / "data" / "train" / "a" / "0.png", top / "data" / "test" / "b" / "leak.png")
    git(top, "add", "-A")
    done = pre_commit(top, hooks, "datalint-staged")
    assert done.returncode == 1
    assert done.stdout.count("1 error, ") == 1, "it was one scan"
    assert "DL701 split-leak" in done.stdout
    assert "old.png" not in done.stdout
