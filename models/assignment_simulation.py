"""What rules would do with the leads of some days: plain Python without Odoo."""

from collections import Counter, defaultdict


class Simulation:
    """Chooses for one lead after the other, as on the days on which they came in.

    :param Chooser chooser: made with turns of its own, so that none is drawn
    :param dict fitting: ``{lead id: [rule ids in their order]}``
    :param dict fallbacks: ``{place: user id}``, who gets leads of a place that no rule gives to anybody
    :param dict names: ``{rule id: what it is called in the result}``, where that is not the id
    """

    def __init__(self, chooser, fitting, fallbacks, names=()):
        self.chooser, self.fitting, self.fallbacks, self.names = chooser, fitting, fallbacks, dict(names)
        self.day = None

    def choose(self, lead_id, day, place):
        """
        :param day: leads of a day come one after the other
        :return: (rule, user id), each None if there is none
        """
        if day != self.day:
            self.day = day
            self.chooser.given.clear()
        choice = self.chooser.choose(self.fitting.get(lead_id, ()))
        if not choice.user_id:
            return None, self.fallbacks.get(place)
        return self.names.get(choice.rule_id, choice.rule_id), choice.user_id


class Counts:
    """How many leads go to each person and each rule, in each case that is looked at."""

    def __init__(self):
        self.by_user, self.by_rule = defaultdict(Counter), defaultdict(Counter)

    def add(self, case, rule, user):
        """
        :param rule: None for no rule
        :param user: None for nobody
        """
        self.by_user[user][case] += 1
        self.by_rule[rule, user is None][case] += 1
