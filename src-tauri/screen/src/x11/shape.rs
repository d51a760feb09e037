//! Which parts of a surface are seen, when parts of the page lie over it.

use crate::surface::{MAX_HOLES, Rect};

/// `area` without the holes, as rectangles that don't overlap, relative to the corner of `area`.
pub(super) fn visible_parts(area: Rect, holes: &[Rect]) -> Vec<Rect> {
    let mut parts = vec![area];
    for hole in holes.iter().take(MAX_HOLES) {
        parts = parts.iter().flat_map(|part| without(*part, hole)).collect();
    }
    parts.iter().map(|part| Rect { x: part.x - area.x, y: part.y - area.y, ..*part }).collect()
}

/// At most four rectangles: above, left, right, below the hole.
fn without(part: Rect, hole: &Rect) -> Vec<Rect> {
    let Some(cut) = part.intersect(hole) else { return vec![part] };
    let between = |left: i32, top: i32, right: i32, bottom: i32| {
        Rect::new(left, top, right.abs_diff(left), bottom.abs_diff(top))
    };
    [
        between(part.x, part.y, part.right(), cut.y),
        between(part.x, cut.y, cut.x, cut.bottom()),
        between(cut.right(), cut.y, part.right(), cut.bottom()),
        between(part.x, cut.bottom(), part.right(), part.bottom()),
    ]
    .into_iter()
    .filter(|rect| !rect.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(parts: &[Rect], x: i32, y: i32) -> usize {
        parts.iter().filter(|p| x >= p.x && x < p.right() && y >= p.y && y < p.bottom()).count()
    }

    #[test]
    fn holes_are_left_out_and_every_other_pixel_is_covered_once() {
        let area = Rect::new(7, 5, 40, 30);
        let holes = [Rect::new(0, 0, 12, 9), Rect::new(20, 10, 9, 9), Rect::new(25, 15, 100, 2)];
        let parts = visible_parts(area, &holes);
        for y in 0..30 {
            for x in 0..40 {
                let in_hole = covers(&holes, x + area.x, y + area.y) > 0;
                assert_eq!(covers(&parts, x, y), usize::from(!in_hole), "pixel {x},{y}");
            }
        }
    }

    #[test]
    fn a_hole_over_everything_leaves_nothing() {
        assert!(visible_parts(Rect::new(3, 3, 10, 10), &[Rect::new(0, 0, 50, 50)]).is_empty());
    }
}
