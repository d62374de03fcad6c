from __future__ import annotations

import subprocess
from pathlib import Path

from argusnexus.replay import provenance

ROOT = Path(__file__).resolve().parents[2]


def git(*words, folder=ROOT):
    command = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.invalid",
        *words,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def checkout(tmp_path, monkeypatch):
    """A checkout with one committed file that counts as the package."""
    git("init", "-q", folder=tmp_path)
    (tmp_path / "__init__.py").write_text("")
    git("add", ".", folder=tmp_path)
    git("commit", "-qm", "first", folder=tmp_path)
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)
    return git("rev-parse", "HEAD", folder=tmp_path)


def test_a_clean_checkout_is_named_by_its_commit(tmp_path, monkeypatch):
    assert checkout(tmp_path, monkeypatch) == provenance.git_sha()


def test_a_changed_checkout_is_said_to_be_dirty(tmp_path, monkeypatch):
    sha = checkout(tmp_path, monkeypatch)
    (tmp_path / "__init__.py").write_text("changed = True\n")
    assert provenance.git_sha() == f"{sha}-dirty"


def test_an_installed_package_inside_somebody_elses_checkout_has_no_commit(tmp_path, monkeypatch):
    checkout(tmp_path, monkeypatch)
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "_PACKAGE", installed)
    assert provenance.git_sha() is None


def test_without_git_or_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)
    assert provenance.git_sha() is None
    monkeypatch.setenv("PATH", "")
    assert provenance.git_sha() is None
