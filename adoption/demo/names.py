"""First names, last names and job titles of the invented staff."""

from __future__ import annotations

from pathlib import Path

_WORDS = Path(__file__).parent / "words"

FIRST_NAMES = tuple((_WORDS / "first_names.txt").read_text(encoding="utf-8").split())
LAST_NAMES = tuple((_WORDS / "last_names.txt").read_text(encoding="utf-8").split())
JOB_TITLES = {
    "Nursing and midwifery": (
        "Staff nurse",
        "Senior staff nurse",
        "Charge nurse",
        "Healthcare assistant",
        "Nursing associate",
        "Clinical nurse specialist",
        "Practice educator",
        "Matron",
    ),
    "Medical": ("Consultant", "Registrar", "Foundation doctor", "Specialty doctor"),
    "Allied health professions": (
        "Physiotherapist",
        "Occupational therapist",
        "Radiographer",
        "Dietitian",
        "Speech and language therapist",
        "Therapy assistant",
    ),
    "Healthcare science": (
        "Biomedical scientist",
        "Pharmacist",
        "Pharmacy technician",
        "Laboratory assistant",
        "Clinical scientist",
    ),
    "Administrative and clerical": (
        "Ward clerk",
        "Medical secretary",
        "Receptionist",
        "Project officer",
        "HR adviser",
        "Finance officer",
        "Communications officer",
        "Service manager",
    ),
    "Estates and ancillary": (
        "Porter",
        "Domestic assistant",
        "Catering assistant",
        "Electrician",
        "Housekeeper",
        "Plumber",
        "Linen room assistant",
        "Security officer",
    ),
    "Digital and technical": (
        "Service desk analyst",
        "Systems engineer",
        "Application specialist",
        "Data analyst",
        "Digital trainer",
    ),
}
