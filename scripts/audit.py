"""Look the installed packages up in the public advisory service (OSV), where it can be reached.

Exit 1 on a known vulnerability. Without a network the audit is left out, with a line that says why.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

SERVICE = "https://api.osv.dev"
REACH_SECONDS = 5
AUDIT_SECONDS = 180


def main() -> int:
    """Audit, print, and return the exit code."""
    reason = unreachable()
    if reason is None:
        reason, vulnerable = audit()
        if vulnerable:
            print("\n".join(vulnerable), file=sys.stderr)
            return 1
    print(f"  audit left out: {reason}" if reason else "  no known vulnerability")
    return 0


def unreachable() -> str | None:
    """Why the advisory service cannot be asked; None where it can."""
    known = f"{SERVICE}/v1/vulns/CVE-2021-44228"
    try:
        with urllib.request.urlopen(known, timeout=REACH_SECONDS):  # noqa: S310  # a constant
            return None
    except (OSError, ValueError) as error:
        return f"the advisory service {SERVICE} cannot be reached ({error})"


def audit() -> tuple[str | None, list[str]]:
    """Why there is no verdict, or None; and a line for each known vulnerability."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--format=json"]
    command += ["--progress-spinner=off", "--vulnerability-service=osv", "--timeout=10"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False
        )
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"the advisory service took more than {AUDIT_SECONDS} s", []
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return f"pip-audit could not end: {last}", []
    return None, [
        f"  {package['name']} {package['version']}: {found['id']}, "
        f"fixed in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in packages
        for found in package.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main())
