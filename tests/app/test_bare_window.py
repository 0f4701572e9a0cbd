"""Why a window cannot be seen through, said to whoever wanted it."""

from app.gui.bare import why_opaque


def test_each_reason_has_its_remedy():
    assert why_opaque(can=True, wanted=True) is None
    never_asked = why_opaque(can=False, wanted=False)
    assert never_asked is not None
    assert "Preferences" in never_asked.remedy
    cannot = why_opaque(can=False, wanted=True)
    assert cannot is not None
    assert "green background" in cannot.remedy
