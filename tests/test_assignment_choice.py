from collections import Counter
from itertools import count

from odoo.tests import BaseCase, tagged

from ..models.assignment_choice import FULL, HAD_IT, LOAD, TURN, Chooser, Member, Rule


@tagged("post_install", "-at_install")
class TestAssignmentChoice(BaseCase):
    """Who is chosen, without a database."""

    def _chooser(self, *rules, **state):
        turns = count(1)
        return Chooser(rules, lambda _rule_id: next(turns), **state)

    def _choose(self, chooser, times, *rule_ids, **kwargs):
        return [chooser.choose(rule_ids or [1], **kwargs).user_id for _number in range(times)]

    def test_a_wheel_of_weights_is_evenly_spread(self):
        chooser = self._chooser(Rule(1, "round_robin", (Member(7, 3), Member(8, 1))))
        chosen = self._choose(chooser, 40)
        self.assertEqual(Counter(chosen), {7: 30, 8: 10})
        for start in range(36):
            self.assertEqual(chosen[start : start + 4].count(8), 1, "anywhere, not only from the first turn")

    def test_fewest_by_weight(self):
        rule = Rule(1, "least_open", (Member(7, 2), Member(8, 1)))
        chooser = self._chooser(rule, loads={7: 4, 8: 1})
        choice = chooser.choose([1])
        self.assertEqual((choice.user_id, choice.loads, choice.others), (8, {7: 4, 8: 1}, {7: LOAD}))
        self.assertEqual(Counter(self._choose(chooser, 30)), {7: 20, 8: 10}, "24 and 12 in the end")

    def test_fixed_goes_on_when_the_first_is_full(self):
        chooser = self._chooser(Rule(1, "fixed", (Member(7, daily_max=2), Member(8))), given={7: 1})
        self.assertEqual(self._choose(chooser, 3), [7, 8, 8])

    def test_others_say_why(self):
        members = (Member(7), Member(8), Member(9, daily_max=1), Member(10), Member(11))
        chooser = self._chooser(Rule(1, "round_robin", members, {10: "absent"}), given={9: 1})
        choice = chooser.choose([1], {8})
        self.assertEqual(choice.user_id, 7)
        self.assertEqual(choice.others, {8: HAD_IT, 9: FULL, 10: "absent", 11: TURN})

    def test_nobody_says_why(self):
        rules = [Rule(1, "fixed", (Member(7),), {7: "absent"}), Rule(2, "fixed", (Member(8),))]
        choice = self._chooser(*rules).choose([1, 2], {8})
        self.assertEqual((choice.user_id, choice.passed, choice.others), (None, [1, 2], {7: "absent", 8: HAD_IT}))

    def test_no_rule_fits(self):
        self.assertFalse(self._chooser(Rule(1, "fixed", (Member(7),))).choose([]).user_id)

    def test_turns_are_counted_without_choosing(self):
        rules = [Rule(1, "round_robin", (Member(7, daily_max=2),)), Rule(2, "round_robin", (Member(8), Member(9)))]
        chooser = self._chooser(*rules)
        requests = [([1, 2], frozenset())] * 5
        self.assertEqual(chooser.count_turns(requests), {1: 2, 2: 3})
        self.assertFalse(chooser.given)
        self.assertEqual([chooser.choose(*request).user_id for request in requests][:2], [7, 7])
