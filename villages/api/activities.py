"""Open activities, their papers, challenges and heartbeats."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import Role
from villages.models import Activity, Mode
from villages.selectors.balances import points_of
from villages.selectors.mobile import open_activities
from villages.services.lessons import beat, draw_paper
from villages.services.photos import issue_challenge
from villages.views.villager import Villager

from .common import AUTHENTICATION, Refused, data_of, villager_of


class MeSerializer(serializers.Serializer):
    resident = serializers.IntegerField()
    name = serializers.CharField()
    village = serializers.CharField()
    points = serializers.IntegerField()
    helps = serializers.ListField(child=serializers.DictField())


class ActivitySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    mode = serializers.CharField()
    channel = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    place = serializers.CharField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    points = serializers.IntegerField()
    points_per_hour = serializers.IntegerField()
    done = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.DictField())
    questions = serializers.ListField(child=serializers.DictField())


class ChallengeSerializer(serializers.Serializer):
    challenge = serializers.CharField()


class BeatSerializer(serializers.Serializer):
    seconds = serializers.FloatField()
    wanted = serializers.IntegerField()
    prompt = serializers.CharField(allow_blank=True)
    is_enough = serializers.BooleanField()


class Me(APIView):
    """``GET /api/v1/villages/me/``."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        villager = villager_of(request)
        return Response({
            "resident": villager.resident.pk, "name": villager.resident.name,
            "village": villager.resident.village.name, "points": points_of(villager.resident),
            "helps": [{"id": r.pk, "name": r.name} for r in villager.helped],
        })  # fmt: skip


class Activities(APIView):
    """``GET /api/v1/villages/activities/``."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION

    @extend_schema(responses=ActivitySerializer(many=True))
    def get(self, request: Request) -> Response:
        villager, now = villager_of(request), timezone.now()
        rows = open_activities(villager.resident, now=now)
        return Response([_told(row.activity, row.is_done) for row in rows])


class ActivityDetail(APIView):
    """``GET /api/v1/villages/activities/{pk}/``: with choices, and with the drawn questions."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION

    @extend_schema(responses=ActivitySerializer)
    def get(self, request: Request, pk: int) -> Response:
        villager, now = villager_of(request), timezone.now()
        activity = get_activity(villager, pk)
        told = _told(activity, done=False)
        told["choices"] = [{"number": c.number, "text": c.text} for c in activity.choices.all()]
        if activity.mode in (Mode.QUIZ, Mode.LESSON) and activity.questions_asked:
            paper = draw_paper(activity, villager.resident, now=now)
            told["questions"] = [{"id": q.pk, "text": q.text, "options": q.options} for q in paper]
        return Response(told)


class NewChallenge(APIView):
    """``POST /api/v1/villages/activities/{pk}/challenge/``."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION

    @extend_schema(request=None, responses=ChallengeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        villager = villager_of(request)
        activity = get_activity(villager, pk)
        return Response({"challenge": issue_challenge(activity, villager.resident, now=timezone.now())})


class LessonBeat(APIView):
    """``POST /api/v1/villages/activities/{pk}/beat/``: a heartbeat of a lesson being read."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION

    @extend_schema(request=None, responses=BeatSerializer)
    def post(self, request: Request, pk: int) -> Response:
        villager = villager_of(request)
        activity = get_activity(villager, pk)
        if activity.mode != Mode.LESSON:
            raise Refused("这项活动不计学习时长。", "mode", 422)
        state = beat(activity, villager.resident, str(data_of(request).get("prompt", "")), now=timezone.now())
        return Response({
            "seconds": state.seconds, "wanted": state.wanted, "prompt": state.prompt, "is_enough": state.is_enough,
        })  # fmt: skip


def get_activity(villager: Villager, pk: int) -> Activity:
    """An open activity of the villager's village. Raises :class:`Refused`."""
    found = Activity.objects.filter(
        pk=pk, village_id=villager.resident.village_id, state=Activity.State.OPEN
    ).first()
    if found is None:
        raise Refused("没有找到这项活动。", "no_activity", 404)
    return found


def _told(activity: Activity, done: bool) -> dict[str, Any]:
    names = ("kind", "mode", "title", "text", "place", "points", "points_per_hour")
    return {name: getattr(activity, name) for name in names} | {
        "id": activity.pk, "channel": activity.channel.value, "done": done, "opens_at": activity.opens_at,
        "closes_at": activity.closes_at, "choices": [], "questions": [],
    }  # fmt: skip
