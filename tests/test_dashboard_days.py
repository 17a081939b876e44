from .test_dashboard import MIDNIGHT, NOW, DashboardCase


class TestDashboardDays(DashboardCase):
    """When days, weeks and months begin, and what they are compared with."""

    def _came_at(self, *moments):
        for moment in moments:
            self._at_work(created=moment)

    def test_a_day_begins_at_midnight_of_the_company(self):
        self._came_at(MIDNIGHT, "2027-03-09 22:59:59")
        self.assertFlow("came", 1)
        self.company.resource_calendar_id.tz = "America/New_York"
        self.assertFlow("came", 0)  # it is 04:30 there, of a day that began at 05:00 UTC

    def test_nothing_after_now_counts(self):
        self._came_at(NOW, "2027-03-10 09:30:01")
        self.assertFlow("came", 1)

    def test_yesterday_counts_until_this_hour(self):
        self._came_at("2027-03-08 22:59:59", "2027-03-08 23:00:00", "2027-03-09 09:30:00", "2027-03-09 09:30:01")
        self.assertFlow("came", 0, 2)

    def test_a_week_begins_as_the_language_says(self):
        sunday, monday = "2027-03-07 10:00:00", "2027-03-08 10:00:00"
        self._came_at(sunday, monday, "2027-03-03 09:30:00", "2027-03-03 09:30:01", "2027-02-28 10:00:00")
        self.assertFlow("came", 1, 1, span="week")
        self.env["res.lang"]._lang_get("en_US").week_start = "7"
        self.assertFlow("came", 2, 2, span="week")

    def test_a_month_is_compared_with_as_much_of_the_last_one(self):
        self._came_at("2027-02-28 23:00:00", "2027-02-28 22:59:59", "2027-02-10 09:30:00", "2027-01-31 22:59:59")
        self.assertFlow("came", 1, 1, span="month")

    def test_a_shorter_month_is_compared_until_its_last_day(self):
        self._came_at("2027-02-28 08:30:00", "2027-02-28 20:00:00")
        self.assertFlow("came", 0, 1, span="month", now="2027-03-31 08:30:00")  # 10:30 in summer, 09:30 then

    def test_the_hour_is_that_of_the_wall_when_clocks_go_forward(self):
        # 28 March begins at 23:00 UTC and has 23 hours; at 10:30 it was 09:30 UTC the day before and is 08:30 now
        self._came_at("2027-03-27 22:59:59", "2027-03-27 23:00:00", "2027-03-27 09:30:00", "2027-03-27 09:30:01")
        self.assertFlow("came", 1, 1, now="2027-03-28 08:30:00")

    def test_the_hour_is_that_of_the_wall_when_clocks_go_back(self):
        # 31 October begins at 22:00 UTC; at 10:30 it was 08:30 UTC the day before and is 09:30 now
        self._came_at("2027-10-30 21:59:59", "2027-10-30 22:00:00", "2027-10-30 08:30:00", "2027-10-30 08:30:01")
        self.assertFlow("came", 1, 1, now="2027-10-31 09:30:00")

    def test_an_hour_that_was_left_out_makes_no_span_run_backwards(self):
        # in Havana clocks went from midnight to one on 12 March 2028, of which ten past midnight is no part
        self.company.resource_calendar_id.tz = "America/Havana"
        self._came_at("2028-03-12 04:59:59", "2028-03-12 05:00:00", "2028-03-13 04:00:00")
        self.assertFlow("came", 1, 1, now="2028-03-13 04:10:00")

    def test_a_day_begins_when_its_midnight_comes_first(self):
        # at 01:00 of 31 October clocks in the Azores go back to midnight
        self.company.resource_calendar_id.tz = "Atlantic/Azores"
        self._came_at("2027-10-30 23:59:59", "2027-10-31 00:00:00", "2027-10-31 00:59:00", "2027-10-31 01:00:00")
        self.assertFlow("came", 3, now="2027-10-31 10:00:00")
