"""When people may be called: weekly windows by the clock of whoever is called, less holidays.

Plain Python without Odoo. Moments are naive UTC as in the database, time zones are names of IANA.

A window is what the clock on the wall shows: 09:00 stays 09:00 in summer, an hour that the clock skips is in no window,
one that comes twice is in its window both times. Each day of UTC is therefore cut where the offset of the zone changes;
in between, the local time is plain addition. Days of UTC, because they are the same for all clocks that count at once.

The zones are those of pytz: it brings its tables along and they are the ones by which Odoo shows the hours.
"""

from bisect import bisect_left
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache, reduce

import phonenumbers
import pytz
from phonenumbers.timezone import TIMEZONE_DATA, UNKNOWN_TIMEZONE, time_zones_for_number

from .call_state_zones import STATE_ZONES

# how far ahead an opening or a closing is looked for
HORIZON = timedelta(days=60)
DAY = timedelta(days=1)
ALWAYS = tuple((weekday, 0, 24 * 60) for weekday in range(7))
UTC = ("UTC",)


class CallingHours:
    """When people may be called, by their own clocks: weekly windows, less holidays.

    With several time zones the strictest counts: open is only what is open by all these clocks. No zone at all is UTC.

    :param windows: (weekday from Monday = 0, start, end), hours as floats, 24.0 for the end of the day; none: any time
    :param holidays: (start, stop) as naive local datetimes, the stop exclusive: off by the clock of whoever is called
    :raise ValueError: a window ends before it starts or is not of this week
    """

    def __init__(self, windows=(), holidays=()):
        self.windows = tuple(sorted({_window(*window) for window in windows})) or ALWAYS
        self.holidays = tuple(sorted((start, stop) for start, stop in holidays))

    def is_open(self, moment, zones):
        """Whether people of these zones may be called at this moment."""
        return any(start <= moment < stop for start, stop in self._day(moment.date(), zones))

    def next_open(self, moment, zones):
        """The first moment from this one on at which it is open; None if there is none within the horizon."""
        return next((start for start, _stop in self._pieces(moment, moment + HORIZON, zones)), None)

    def closes_at(self, moment, zones):
        """When it closes after this open moment; None if it does not within the horizon, or is not open."""
        horizon = moment + HORIZON
        start, stop = next(_joined(self._pieces(moment, horizon, zones)), (None, None))
        return stop if start == moment and stop < horizon else None

    def open_intervals(self, start, stop, zones):
        """The intervals in which it is open between two moments, as a list of (start, stop)."""
        return list(_joined(self._pieces(start, stop, zones)))

    def _day(self, day, zones):
        return _open_in_day(self.windows, self.holidays, tuple(zones) or UTC, day)

    def _pieces(self, start, stop, zones):
        """As ``open_intervals``, but cut at midnight UTC, and made as they are asked for."""
        day = start.date()
        while _midnight(day) < stop:
            yield from _both(self._day(day, zones), [(start, stop)])
            day += DAY


def day_start(moment, zones):
    """When the day began that it is at this moment by the clock of a person; by several clocks the earliest beginning,
    the strictest for a cap of calls a day."""
    # clocks differ by quarters of an hour, so no day begins within one
    quarter = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return _earliest_day_start(quarter, tuple(zones) or UTC)


@lru_cache(maxsize=1000)
def _earliest_day_start(moment, zones):
    return min(_day_start(moment, zone) for zone in zones)


def simplify_zones(zones):
    """These zones, sorted, of those with the same clock in this year and the next only one, without unknown names."""
    return _simplify(tuple(zones), datetime.now(timezone.utc).year)


# ------------------------------------------------------------
# WHERE SOMEBODY IS
# ------------------------------------------------------------

# the place of a zone among those of its country, which mostly begin with the capital's
_PLACES = {zone: place for zones in pytz.country_timezones.values() for place, zone in enumerate(zones)}


def main_zone(zones):
    """Of several possible zones the one whose clock is shown and meant when a time is agreed: a mobile phone of
    Portugal is rather in Lisbon than on the Azores."""
    return min(zones, key=lambda zone: _PLACES.get(zone, len(_PLACES)))


# How many of the first digits of a number decide on its zones, by the first three: as many as the longest prefix that
# has zones of its own. Nowhere fewer than seven: those and the length tell a mobile phone or a free number from others.
_DECIDING_DIGITS = {}
for _prefix in TIMEZONE_DATA:
    _DECIDING_DIGITS[_prefix[:3]] = max(len(_prefix), _DECIDING_DIGITS.get(_prefix[:3], 7))
_KNOWN_NUMBERS, _MOST_KNOWN_NUMBERS = {}, 50_000


def zones_of_number(e164):
    """The zones of a phone number in E.164, as a tuple; empty if they are unknown or the number is none.

    Parsing takes long, and zones hang on a number's beginning: they are remembered by that. Only those of valid
    numbers, or an invalid one would take them from its neighbours; itself it may get those of a neighbour as long.
    """
    if not e164 or e164[0] != "+" or not e164[1:].isdecimal():
        return ()
    key = e164[: 1 + _DECIDING_DIGITS.get(e164[1:4], 7)], len(e164)
    zones = _KNOWN_NUMBERS.get(key)
    if zones is None:
        try:
            zones = time_zones_for_number(phonenumbers.parse(e164))
        except phonenumbers.NumberParseException:
            return ()
        if UNKNOWN_TIMEZONE in zones:
            return ()
        if len(_KNOWN_NUMBERS) >= _MOST_KNOWN_NUMBERS:
            _KNOWN_NUMBERS.clear()
        _KNOWN_NUMBERS[key] = zones = tuple(zones)
    return zones


def zones_of_country(country_code, state_code=None):
    """The zones of a country, of its state alone where that is known, as a tuple; empty if they are unknown.

    Codes are those of Odoo's countries and states.
    """
    country_code, state_code = (country_code or "").upper(), (state_code or "").upper()
    by_zone = STATE_ZONES.get(country_code, {})
    zones = tuple(zone for zone, states in by_zone.items() if state_code in states.split())
    return zones or tuple(pytz.country_timezones.get(country_code, ()))


# ------------------------------------------------------------
# CLOCKS
# ------------------------------------------------------------


def _midnight(day):
    return datetime.combine(day, time.min)


def _offset(zone, moment):
    return pytz.timezone(zone).fromutc(moment).utcoffset()


def _clock(zone, day):
    """The parts of a day of UTC in which the clock of a zone runs on evenly: (start, stop, offset). There are two where
    it is set on that day; no zone does so twice a day."""
    start = _midnight(day)
    stop = start + DAY
    before, after = _offset(zone, start), _offset(zone, stop - timedelta(seconds=1))
    if before == after:
        return [(start, stop, before)]
    second = bisect_left(
        range(86400), True, key=lambda second: _offset(zone, start + timedelta(seconds=second)) != before
    )
    change = start + timedelta(seconds=second)
    return [(start, change, before), (change, stop, after)]


def _day_start(moment, zone):
    midnight = _midnight((moment + _offset(zone, moment)).date())
    # the local day began at most a day and an hour ago; where midnight is skipped, it began with its first hour
    parts = (part for days in (2, 1, 0) for part in _clock(zone, moment.date() - days * DAY))
    return min(max(start, midnight - offset) for start, stop, offset in parts if midnight - offset < stop)


@lru_cache(maxsize=1024)
def _simplify(zones, year):
    by_clock = {}
    for zone in sorted({zone for zone in zones if _is_zone(zone)}):
        by_clock.setdefault(_settings(zone, year), zone)
    return tuple(by_clock.values())


def _is_zone(name):
    try:
        pytz.timezone(name)
    except pytz.UnknownTimeZoneError:
        return False
    return True


@lru_cache(maxsize=1024)
def _settings(zone, year):
    """When and to which offset the clock of a zone is set in a year and the next, with the offset at the beginning."""
    settings, day = [], date(year, 1, 1)
    while day.year < year + 2:
        for start, _stop, offset in _clock(zone, day):
            if not settings or settings[-1][1] != offset:
                settings.append((start, offset))
        day += DAY
    return tuple(settings)


# ------------------------------------------------------------
# INTERVALS, sorted
# ------------------------------------------------------------


def _window(weekday, start, end):
    """A window in minutes, as the screen shows the hours: 9.33 is 09:20."""
    start, end = round(start * 60), round(end * 60)
    if weekday not in range(7) or not 0 <= start < end <= 24 * 60:
        raise ValueError(f"no window of a week: {(weekday, start / 60, end / 60)}")
    return weekday, start, end


@lru_cache(maxsize=8192)
def _open_in_day(windows, holidays, zones, day):
    """The intervals of a day of UTC that are open by all these clocks, not joined over midnight.

    Whatever is asked is answered from here. Cached for good: it hangs on nothing but its arguments and the tables of
    pytz, which are read once a process; other hours or holidays are another question.
    """
    if len(zones) > 1:
        return reduce(_both, (_open_in_day(windows, holidays, (zone,), day) for zone in zones))
    intervals = []
    for start, stop, offset in _clock(zones[0], day):
        local = start + offset, stop + offset
        opened = _both(_joined(_windows_by_day(windows, *local)), [local])
        for holiday in _both(holidays, [local]):
            opened = _without(opened, *holiday)
        intervals += [(opening - offset, closing - offset) for opening, closing in opened]
    return list(_joined(intervals))


def _windows_by_day(windows, start, stop):
    """The windows of each day that lies between two local times, whole."""
    for days in range((stop.date() - start.date()).days + 1):
        midnight = _midnight(start.date() + days * DAY)
        for weekday, opening, closing in windows:
            if weekday == midnight.weekday():
                yield midnight + timedelta(minutes=opening), midnight + timedelta(minutes=closing)


def _both(some, others):
    """What lies in both."""
    pairs = ((max(one[0], other[0]), min(one[1], other[1])) for one in some for other in others)
    return [(start, stop) for start, stop in pairs if start < stop]


def _without(intervals, start, stop):
    """What lies outside an interval."""
    pieces = (piece for one in intervals for piece in ((one[0], min(one[1], start)), (max(one[0], stop), one[1])))
    return [piece for piece in pieces if piece[0] < piece[1]]


def _joined(intervals):
    """Adjoining and overlapping ones made one, each as soon as it is known."""
    last = None
    for start, stop in intervals:
        if last and start <= last[1]:
            last = last[0], max(last[1], stop)
            continue
        if last:
            yield last
        last = start, stop
    if last:
        yield last
