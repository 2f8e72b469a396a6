from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ORCHARD_", env_file="/etc/orchard.env")
    database: str = "sqlite:////var/lib/orchard/orchard.db"
    secret: str = "apples-and-pears-in-the-old-orchard"
    owner: str = "ada"
    password: str = "cider"


settings = Settings()
