"""Settings: nothing to configure for the embedded default, everything from the environment.

`REXMATRIX_ENV=production` turns the strict mode on, in which a missing or bad variable stops the
start with a sentence that names it. docs/operator.md lists every variable.
"""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from rexmatrix.env import (
    Env,
    database,
    evidence_storage,
    file_storage,
    generated_key,
    log_key,
    mailer,
    sqlite_database,
)
from rexmatrix.signature import passphrase, signer, timestamp_authority

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = env.choice("REXMATRIX_ENV", "embedded", ("embedded", "production")) == "production"

# --- Place -------------------------------------------------------------------------------------

DATA_DIR = env.folder("REXMATRIX_DATA_DIR", BASE_DIR / "var")
KEY_FILE = DATA_DIR / "secret_key"
DEBUG = env.flag("REXMATRIX_DEBUG", default=False)
REXMATRIX_DEMO = env.flag("REXMATRIX_DEMO", default=not PRODUCTION)
REXMATRIX_DEMO_PASSWORD = "rexmatrix-demo"  # noqa: S105  # published; refused in production
if PRODUCTION and (DEBUG or REXMATRIX_DEMO):
    msg = f"{'REXMATRIX_DEBUG' if DEBUG else 'REXMATRIX_DEMO'} must not be set in production."
    raise ImproperlyConfigured(msg)

if PRODUCTION:
    SECRET_KEY = env.secret("REXMATRIX_SECRET_KEY", least=50, why="50 or more random characters")
    BASE_URL = env.address(
        "REXMATRIX_BASE_URL", ("https",), why="the address people use, https://…"
    )
    if not BASE_URL.hostname or BASE_URL.path.strip("/"):
        msg = "REXMATRIX_BASE_URL must be a host without a path: https://matrix.example.com."
        raise ImproperlyConfigured(msg)
    TRUSTED_PROXIES = env.number(
        "REXMATRIX_TRUSTED_PROXY_COUNT",
        why="how many proxies of yours stand in front; 0 if gunicorn itself ends TLS",
    )
    ALLOWED_HOSTS = [BASE_URL.hostname, *env.words("REXMATRIX_ALLOWED_HOSTS")]
    CSRF_TRUSTED_ORIGINS = [f"{BASE_URL.scheme}://{BASE_URL.netloc}"]
    DATABASES = {"default": database(env)}
    EVIDENCE_STORAGE = evidence_storage(env)
    MAILERS = {"default": mailer(env)}
    DEFAULT_FROM_EMAIL = env.text("REXMATRIX_EMAIL_FROM", why="the sender of our mail")
else:
    SECRET_KEY = generated_key(KEY_FILE)
    # `manage.py serve` tells its processes the port.
    BASE_URL = urlsplit(f"http://127.0.0.1:{env.number('REXMATRIX_PORT', 8000)}")
    TRUSTED_PROXIES = env.number("REXMATRIX_TRUSTED_PROXY_COUNT", 0)
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.words("REXMATRIX_ALLOWED_HOSTS")]
    CSRF_TRUSTED_ORIGINS = []
    DATABASES = {
        "default": database(env)
        if env.text("DATABASE_URL", "")
        else sqlite_database(DATA_DIR / "db.sqlite3")
    }
    EVIDENCE_STORAGE = (
        evidence_storage(env)
        if env.text("REXMATRIX_STORAGE_URL", "")
        else file_storage(DATA_DIR / "files")
    )
    # Mail is kept beside the data: the terminal of `make run` is for people.
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(DATA_DIR / "mail")},
        }
    }
    DEFAULT_FROM_EMAIL = "rexmatrix@localhost"
if "*" in ALLOWED_HOSTS:
    msg = "REXMATRIX_ALLOWED_HOSTS must name hosts; '*' is not accepted."
    raise ImproperlyConfigured(msg)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
REXMATRIX_BASE_URL = f"{BASE_URL.scheme}://{BASE_URL.netloc}"  # printed into files

# --- Proof: the key that signs checkpoints is never in the database -------------------------------

# The first part of the name of every log. On the embedded default it stays, whatever the port.
REXMATRIX_LOG_HOST = BASE_URL.netloc if PRODUCTION else "127.0.0.1:8000"
REXMATRIX_LOG_KEY, REXMATRIX_LOG_KEY_FILE = log_key(
    env, default=None if PRODUCTION else DATA_DIR / "log_key"
)

# --- Signed PDFs: off unless there is a certificate ---------------------------------------------

REXMATRIX_PDF_CERTIFICATE, REXMATRIX_PDF_PKCS11 = signer(env)
SIGNS_PDFS = bool(REXMATRIX_PDF_CERTIFICATE or REXMATRIX_PDF_PKCS11)
REXMATRIX_PDF_PASSPHRASE = passphrase(env, is_needed=SIGNS_PDFS)
REXMATRIX_TIMESTAMP_URL = timestamp_authority(env, is_needed=SIGNS_PDFS)

# --- Application -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "responsibilities",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "responsibilities.middleware.no_store",
    "responsibilities.middleware.limit_uploads",
    "responsibilities.middleware.RefuseNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Everything needs a signed-in person, unless a view says login_not_required.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "rexmatrix.urls"
WSGI_APPLICATION = "rexmatrix.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DJANGO_TABLES2_TEMPLATE = "_table.html"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = env.text("REXMATRIX_TIME_ZONE", "UTC")
USE_TZ = True

# --- Database, tasks and the cache that counts failed logins across processes -------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "rexmatrix_cache",
    }
}

# --- Files -------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("REXMATRIX_STATIC_ROOT", DATA_DIR / "static")
STORAGES = {
    "default": EVIDENCE_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
REXMATRIX_EVIDENCE_MAX_BYTES = env.number(
    "REXMATRIX_EVIDENCE_MAX_BYTES", 25 * 1024 * 1024, least=1024
)
FILE_UPLOAD_HANDLERS = ["responsibilities.uploads.LimitedUploadHandler"]
# Rendered parts of PDFs, found again by what they were made from.
REXMATRIX_PDF_CACHE_DIR = DATA_DIR / "cache" / "pdf"
REXMATRIX_PDF_CACHE_BYTES = env.number("REXMATRIX_PDF_CACHE_BYTES", 256 * 1024 * 1024)
REXMATRIX_PDF_WORKERS = env.number("REXMATRIX_PDF_WORKERS", 2, least=1)
REXMATRIX_PDF_MEMORY_BYTES = env.number(
    "REXMATRIX_PDF_MEMORY_BYTES", 3 * 1024**3, least=512 * 1024**2
)
REXMATRIX_EXPORT_SECONDS = env.number("REXMATRIX_EXPORT_SECONDS", 600, least=10)
# Files that anybody may have checked at /verify/; none of them is kept.
REXMATRIX_VERIFY_MAX_BYTES = env.number("REXMATRIX_VERIFY_MAX_BYTES", 64 * 1024**2, least=1024)
REXMATRIX_VERIFY_SECONDS = env.number("REXMATRIX_VERIFY_SECONDS", 30, least=1)
REXMATRIX_VERIFY_MEMORY_BYTES = env.number(
    "REXMATRIX_VERIFY_MEMORY_BYTES", 1024**3, least=256 * 1024**2
)
REXMATRIX_VERIFY_PER_MINUTE = env.number("REXMATRIX_VERIFY_PER_MINUTE", 20, least=1)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a bulk action may name every row of a large matrix

# --- People ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "responsibilities.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "responsibilities.sso.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "responsibilities.forms.accounts.LoginForm",
    "reset_password": "responsibilities.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "responsibilities.forms.accounts.ResetPasswordKeyForm",
    "change_password": "responsibilities.forms.accounts.ChangePasswordForm",
    "set_password": "responsibilities.forms.accounts.SetPasswordForm",
    "reauthenticate": "responsibilities.forms.accounts.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # there is no signup; addresses are given by a manager
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to addresses that somebody typed
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# Beside django-allauth's own limits on logins and the like, one for a page of ours.
ACCOUNT_RATE_LIMITS = {"verify_file": f"{REXMATRIX_VERIFY_PER_MINUTE}/m/ip"}

# --- Security ----------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes ask the process itself, without TLS
SECURE_HSTS_SECONDS = 63_072_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "rexmatrix_session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "rexmatrix_csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# --- Log ---------------------------------------------------------------------------------------

LOG_LEVEL = env.choice("REXMATRIX_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "level": LOG_LEVEL,  # also bounds loggers that set their own level, as the worker's
        },
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},  # libraries speak only when it matters
    "loggers": {
        "responsibilities": {"level": LOG_LEVEL},
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django_tasks_db": {"level": LOG_LEVEL},
    },
}
