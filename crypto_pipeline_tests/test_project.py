"""The project's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GENERATED = {".venv", ".git", "__pycache__", "node_modules", "target", "logs", "dist", "build"}
REGISTRY = re.compile(
    "|".join([r"py" + r"pi\.org", "python" + r"hosted\.", r"npm" + r"js\.", r"anaconda\." + "org"])
)


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def project_files() -> list[Path]:
    """What git tracks or would; in a copy without git, all files outside generated folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not any(_is_generated(p) for p in path.relative_to(ROOT).parts)
    ]


def _is_generated(part: str) -> bool:
    return part in GENERATED or (part.startswith(".") and part not in {".ci", ".gitattributes"})


@pytest.mark.parametrize("target", ["help", "demo", "test", "lint", "up", "bench", "soak"])
def test_makefile_given_a_promised_target_has_it(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_lock_given_the_pins_of_pyproject_holds_exactly_them() -> None:
    project = pyproject()["project"]
    pins = {
        pin.lower() for pin in project["dependencies"] + project["optional-dependencies"]["dev"]
    }
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+==[^\s;\\]+)", lock, re.MULTILINE))
    assert {pin for pin in pins if pin not in locked} == set()
    assert all("==" in pin for pin in pins)


def test_build_backend_given_no_isolation_is_among_the_pins() -> None:
    project = pyproject()
    assert set(project["build-system"]["requires"]) <= set(
        project["project"]["optional-dependencies"]["dev"]
    )


def test_workspace_given_tool_dg_names_the_same_module() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    (module,) = [entry["python_module"]["module_name"] for entry in workspace["load_from"]]
    assert module == pyproject()["tool"]["dg"]["project"]["code_location_target_module"]


def test_project_files_given_a_search_name_no_package_registry() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if REGISTRY.search(path.read_bytes().decode("utf-8", errors="ignore"))
    ]
    assert found == []


def test_scripts_given_a_shell_are_readable_by_it() -> None:
    for script in [*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"]:
        subprocess.run(["bash", "-n", str(script)], check=True)
        assert script.stat().st_mode & 0o100, f"{script} is not executable"


def test_setup_given_no_supported_python_says_what_to_do(tmp_path: Path) -> None:
    for name in ["requirements.lock", "pyproject.toml", "scripts/setup.sh"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ["sh", "dirname", "cksum", "rm", "sort", "tr", "cat"]:
        path = next(p for p in (Path("/usr/bin") / tool, Path("/bin") / tool) if p.exists())
        (tools / tool).symlink_to(path)
    (tools / "python3").write_text("#!/bin/sh\necho 3.14.0\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "scripts/setup.sh"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 on PATH (found: 3.14.0 )" in done.stderr
    assert "dagster-dbt ends at 3.13" in done.stderr


def test_floors_given_the_contracts_hold() -> None:
    lint_imports = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(lint_imports), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
