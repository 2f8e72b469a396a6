from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, Field


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


class Wanted(BaseModel):
    table: str
    guest: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    starts: Annotated[datetime, AfterValidator(utc)]
    people: Annotated[int, Field(gt=0, le=12)]
    note: str = ""
