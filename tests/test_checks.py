"""What the system checks say about files that others can read."""

from pathlib import Path

from pytest_django import Settings

from responsibilities.checks import check_data_folder, check_key_file


def test_a_key_that_others_can_read_is_an_error(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    settings.KEY_FILE = key
    assert check_key_file(None) == []
    key.touch(mode=0o600)
    assert check_key_file(None) == []
    key.chmod(0o640)
    assert [message.id for message in check_key_file(None)] == ["responsibilities.E001"]
    settings.PRODUCTION = True
    assert check_key_file(None) == []


def test_a_data_folder_open_to_others_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    assert check_data_folder(None) == []
    tmp_path.chmod(0o755)
    assert [message.id for message in check_data_folder(None)] == ["responsibilities.W001"]
