"""点一点: lessons timed by the server, and quizzes drawn from a pool.

A heartbeat adds what passed since the last one, never more than its interval and some slack: a script that calls
quickly gains nothing. Now and then, at moments the page cannot foresee, the server asks for a tap; until it is
answered nothing more is counted.
"""

import random
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from villages.engine.trust import Signs
from villages.models import Activity, LessonView, Question, QuizPaper, Resident
from villages.models.activities import Mode
from villages.occasions import occasion_of

from .taps import Finding, TapOrder, UnableToTap, handles

BEAT_SECONDS = 5.0
BEAT_SLACK = 1.5
PROMPT_EVERY_BEATS = 6
MOST_TRIES = 5


@dataclass(frozen=True)
class Beat:
    """State of a lesson after a heartbeat; ``prompt`` is a word to give back, '' when none is asked."""

    seconds: float
    wanted: int
    prompt: str

    @property
    def is_enough(self) -> bool:
        return self.seconds >= self.wanted


@transaction.atomic
def beat(activity: Activity, resident: Resident, answer: str, *, now: datetime) -> Beat:
    """Count the time since the last heartbeat. ``answer`` is the prompt's word, if one was asked."""
    view, is_new = LessonView.objects.select_for_update().get_or_create(
        activity=activity, resident=resident, occasion=occasion_of(activity.repeat, now),
        defaults={"begun_at": now, "last_beat_at": now},
    )  # fmt: skip
    if not is_new:
        passed = (now - view.last_beat_at).total_seconds()
        if not view.prompt:
            view.seconds += max(0.0, min(passed, BEAT_SECONDS * BEAT_SLACK))
        elif answer == view.prompt:
            view.prompt = ""
            view.prompts_answered += 1
        view.beats += 1
        view.last_beat_at = now
        chance = random.Random(f"{view.pk}:{view.beats}:{activity.sealed_secret[-8:]}")
        if (
            not view.prompt
            and chance.random() < 1 / PROMPT_EVERY_BEATS
            and view.seconds < activity.lesson_seconds
        ):
            view.prompt = f"{chance.randrange(10**6):06d}"
        view.save()
    return Beat(round(view.seconds, 1), activity.lesson_seconds, view.prompt)


@handles(Mode.LESSON)
def finish_lesson(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """A lesson counts once the server has seen enough of it; its quiz, if it has one, must be passed too."""
    view = LessonView.objects.filter(
        activity=activity, resident=order.resident, occasion=occasion_of(activity.repeat, order.at)
    ).first()
    if view is None or view.seconds < activity.lesson_seconds:
        raise UnableToTap("学习时长还不够，请继续看完。", code="dwell")
    if activity.questions_asked:
        _check_answers(activity, order, now)
    return Finding(Signs())


@handles(Mode.QUIZ)
def take_quiz(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """The answers to the paper the server drew."""
    _check_answers(activity, order, now)
    return Finding(Signs())


def draw_paper(activity: Activity, resident: Resident, *, now: datetime) -> list[Question]:
    """The questions this person answers now: drawn once an occasion, anew after a failed try."""
    paper, is_new = QuizPaper.objects.get_or_create(
        activity=activity, resident=resident, occasion=occasion_of(activity.repeat, now),
        defaults={"question_ids": [], "drawn_at": now},
    )  # fmt: skip
    if is_new or not paper.question_ids:
        pool = list(activity.questions.order_by("pk").values_list("pk", flat=True))
        chance = random.Random(f"{paper.pk}:{paper.tries}")
        paper.question_ids = chance.sample(pool, min(activity.questions_asked or len(pool), len(pool)))
        paper.save(update_fields=["question_ids"])
    by_id = Question.objects.in_bulk(paper.question_ids)
    return [by_id[pk] for pk in paper.question_ids if pk in by_id]


def _check_answers(activity: Activity, order: TapOrder, now: datetime) -> None:
    """Compare with the drawn paper. Raises :class:`UnableToTap` with what was wrong; a failed try is kept."""
    occasion = occasion_of(activity.repeat, order.at)
    paper = QuizPaper.objects.filter(activity=activity, resident=order.resident, occasion=occasion).first()
    if paper is None or not paper.question_ids:
        raise UnableToTap("题目已更新，请重新打开本页作答。", code="paper")
    if paper.tries >= MOST_TRIES:
        raise UnableToTap("作答次数已用完，请下次再来。", code="tries")
    told = order.body.get("answers")
    answers = told if isinstance(told, dict) else {}
    questions = Question.objects.in_bulk(paper.question_ids)
    right = [pk for pk, q in questions.items() if answers.get(str(pk)) == q.answer]
    needed = activity.questions_right or len(questions)
    if len(right) < needed:
        raise FailedQuiz(paper, len(right), needed)
    QuizPaper.objects.filter(pk=paper.pk).update(passed_at=now, tries=paper.tries + 1)


class FailedQuiz(UnableToTap):
    """Too few right answers; the try is counted after the transaction is rolled back, and the next paper differs."""

    def __init__(self, paper: QuizPaper, right: int, needed: int) -> None:
        left = MOST_TRIES - paper.tries - 1
        super().__init__(
            f"答对 {right} 题，需答对 {needed} 题。还可再试 {left} 次，题目会重新抽取。", code="wrong"
        )
        self.paper = paper

    def note(self) -> None:
        """Count the try and put a new paper in its place."""
        QuizPaper.objects.filter(pk=self.paper.pk).update(tries=self.paper.tries + 1, question_ids=[])
