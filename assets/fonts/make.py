# One static TTF from the three subsets that Fontsource ships (latin, latin-ext, vietnamese).
import sys
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
folder, target = sys.argv[1], sys.argv[2]
parts = []
for subset in ("latin", "latin-ext", "vietnamese"):
    font = TTFont(f"{folder}/be-vietnam-pro-{subset}-600-normal.woff2", recalcTimestamp=False)
    font.flavor = None
    # Layout tables and hinting are not used by the overlay, and do not survive a merge soundly.
    for table in ("GSUB", "GPOS", "GDEF", "fpgm", "prep", "cvt ", "gasp"):
        if table in font:
            del font[table]
    path = f"{target}.{subset}.part"
    font.save(path)
    parts.append(path)
merged = Merger().merge(parts)
merged.save(target)
