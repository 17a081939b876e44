const BOX = { width: 104, height: 44 };
const GAP = 28;
const MARGIN = 8;
const HEAD = 6;
// the lead is lost: these stand below the others
const LOST_KINDS = ["not_interested", "abandoned"];
// the others stand from left to right, by what they mean first
const RANKS = { qualified: 1, next: 2 };

/** How far the ends of a curve pull it away from its row; the curve itself goes three quarters as far. */
const pull = (arrow) => 16 + 14 * Math.abs(arrow.to.column - arrow.from.column);

const highest = (arrows) => Math.max(0, ...arrows.map((arrow) => 0.75 * pull(arrow)));

/** On which side an arrow leaves the box it comes from, and on which it reaches the one it goes to. */
function getSides({ from, to }) {
    if (from.row !== to.row) {
        return from.row < to.row ? ["bottom", "top"] : ["top", "bottom"];
    }
    if (to.column < from.column) {
        return ["bottom", "bottom"];
    }
    return to.column === from.column + 1 ? ["right", "left"] : ["top", "top"];
}

/** Order of the ends of arrows along a side of ``box``: such that curves into the same direction do not cross. */
function compareEnds(box, a, b) {
    const zone = ({ other }) => (other.row === box.row ? Math.sign(other.column - box.column) : 0);
    return zone(a) - zone(b) || (zone(a) ? b.other.x - a.other.x : a.other.x - b.other.x);
}

/** Spread the ends of arrows along the sides of their boxes. */
function placeEnds(arrows) {
    const sides = new Map();
    for (const arrow of arrows) {
        for (const [end, box, other] of [
            ["start", arrow.from, arrow.to],
            ["end", arrow.to, arrow.from],
        ]) {
            const side = arrow.sides[end === "start" ? 0 : 1];
            const key = `${box.row} ${box.column} ${side}`;
            sides.set(key, [...(sides.get(key) || []), { arrow, end, box, other, side }]);
        }
    }
    for (const ends of sides.values()) {
        ends.sort((a, b) => compareEnds(a.box, a, b));
        ends.forEach(({ arrow, end, box, side }, index) => {
            const level = side === "left" || side === "right";
            const part = (index + 1) / (ends.length + 1);
            arrow[end] = {
                x: box.x + BOX.width * (level ? Number(side === "right") : part),
                y: box.y + BOX.height * (level ? 0.5 : Number(side === "bottom")),
            };
        });
    }
}

const OUTWARDS = { top: [0, -1], bottom: [0, 1], left: [-1, 0], right: [1, 0] };

/** The path of an arrow and that of its head. */
function drawArrow(arrow) {
    const { start, end, from, to, sides } = arrow;
    const [[startX, startY], [endX, endY]] = sides.map((side) => OUTWARDS[side]);
    const reach = from.row === to.row ? pull(arrow) : Math.abs(end.y - start.y) / 2;
    const neck = { x: end.x + HEAD * endX, y: end.y + HEAD * endY };
    const points = (...numbers) => numbers.map((number) => Math.round(number * 10) / 10).join(" ");
    const line =
        startY === 0
            ? `M ${points(start.x, start.y)} L ${points(neck.x, neck.y)}`
            : `M ${points(start.x, start.y)} C ${points(
                  start.x + reach * startX,
                  start.y + reach * startY,
                  end.x + reach * endX,
                  end.y + reach * endY,
                  neck.x,
                  neck.y,
              )}`;
    const half = HEAD / 2;
    const head = `M ${points(end.x, end.y)} L ${points(
        neck.x + half * endY,
        neck.y + half * endX,
    )} L ${points(neck.x - half * endY, neck.y - half * endX)} Z`;
    return { line, head };
}

/**
 * Where the boxes and the arrows of a process stand: one row from the first stage to the won ones, the lost ones below
 * it; arrows forward above the row, backward below it.
 *
 * @param {{ id: any, kind: string }[]} stages in their order; kind: the ``stage_type``, or "next" for what comes after
 * @param {{ from: any, to: any }[]} moves ids of stages; a move that is there
 *  already, or that names other stages, is left out
 * @returns {{ width: number, height: number, boxes: Object[], arrows: Object[] }} the stages with x, y, width and
 *  height; the moves with ``line`` and ``head`` (paths of SVG)
 */
export function layoutProcess(stages, moves) {
    const isLost = ({ kind }) => LOST_KINDS.includes(kind);
    const rank = ({ kind }) => RANKS[kind] || 0;
    const rows = [
        stages.filter((stage) => !isLost(stage)).sort((a, b) => rank(a) - rank(b)),
        stages.filter(isLost),
    ];
    const places = new Map();
    rows.forEach((row, rowIndex) =>
        row.forEach((stage, column) => places.set(stage.id, { stage, row: rowIndex, column })),
    );
    const isSame = (a) => (b) => a.from === b.from && a.to === b.to;
    const arrows = moves
        .filter(({ from, to }) => from !== to && places.has(from) && places.has(to))
        .filter((move, index, all) => all.findIndex(isSame(move)) === index)
        .map((move) => ({ move, from: places.get(move.from), to: places.get(move.to) }));
    for (const arrow of arrows) {
        arrow.sides = getSides(arrow);
    }

    // room for the curves of each row
    const curves = (row, side) =>
        arrows.filter(
            ({ from, sides }) => from.row === row && sides[0] === side && sides[1] === side,
        );
    const tops = [MARGIN + highest(curves(0, "top"))];
    const below = tops[0] + BOX.height + highest(curves(0, "bottom"));
    tops.push(below + 2 * GAP + highest(curves(1, "top")));
    const bottom = rows[1].length ? tops[1] + BOX.height + highest(curves(1, "bottom")) : below;

    const rowWidth = (row) => row.length * BOX.width + Math.max(0, row.length - 1) * GAP;
    const width = Math.max(...rows.map(rowWidth));
    for (const place of places.values()) {
        const indent = (width - rowWidth(rows[place.row])) / 2;
        place.x = MARGIN + indent + place.column * (BOX.width + GAP);
        place.y = tops[place.row];
    }
    placeEnds(arrows);
    return {
        width: width + 2 * MARGIN,
        height: bottom + MARGIN,
        boxes: [...places.values()].map(({ stage, x, y }) => ({ ...stage, x, y, ...BOX })),
        arrows: arrows.map((arrow) => ({ ...arrow.move, ...drawArrow(arrow) })),
    };
}
