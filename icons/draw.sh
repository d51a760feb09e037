#!/bin/sh
# Draws the icon (a shield with a check mark and a camera) in every size that the bundles want.
# Needs ImageMagick 6 or 7 (`convert`). Run it after a change and commit the files.
set -eu
cd "$(dirname "$0")"

big=$(mktemp --suffix=.png)
trap 'rm -f "$big"' EXIT

# One drawing at 1024 pixels; everything else is scaled from it.
convert -size 1024x1024 xc:none \
  -fill '#0b5fae' -draw "path 'M 512 40 C 640 130 790 168 920 176 L 920 500 C 920 740 740 910 512 984 C 284 910 104 740 104 500 L 104 176 C 234 168 384 130 512 40 Z'" \
  -fill '#0a4f92' -draw "path 'M 512 40 C 640 130 790 168 920 176 L 920 500 C 920 740 740 910 512 984 Z'" \
  -fill white -draw 'roundrectangle 236,330 626,650 56,56' \
  -draw "path 'M 660 436 L 800 356 L 800 624 L 660 544 Z'" \
  -fill none -stroke '#11823b' -strokewidth 60 \
  -draw "stroke-linecap round stroke-linejoin round path 'M 322 492 L 402 570 L 540 412'" \
  "$big"

for size in 32 128 256 512; do
  convert "$big" -filter Lanczos -resize "${size}x${size}" -strip "PNG32:${size}x${size}.png"
done
mv 256x256.png '128x128@2x.png'
mv 512x512.png icon.png
convert "$big" -filter Lanczos -define icon:auto-resize=256,128,64,48,32,24,16 icon.ico
