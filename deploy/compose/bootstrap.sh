#!/bin/sh
# Makes all that the stack needs and that is in no repository: .env, secrets, certificates, configurations of this site.
# Run it before the first start and after each change of .env; what is there and right stays as it is.
#   sh bootstrap.sh                 makes what is missing
#   sh bootstrap.sh rotate NAME     another secret NAME, and says who has to be told; "ca" and "certificate" too
#   sh bootstrap.sh set NAME <file  a secret of your own
# What .env shall say can be given in the environment at the first run (GRAFANA_PORT=3001 sh bootstrap.sh).
# Needs openssl. PM500_COMPOSE_FOLDER: where .env, secrets/ and generated/ go, beside this file where it is not set.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${PM500_COMPOSE_FOLDER:-$here}
secrets=$folder/secrets
generated=$folder/generated
settings=$folder/.env
# Nobody logs in as this user; it is who the containers run as when root runs this.
service_user=10500
owner=$service_user:$service_user
common=$here/../common
smtp_password_file=/run/secrets/alert_smtp_password

SECRETS='node_red_password node_red_metrics_token node_red_credential_secret influx_admin_password influx_admin_token influx_writer_password influx_reader_password mqtt_node_red_password mqtt_scada_password mqtt_telegraf_password mqtt_health_password grafana_admin_password grafana_secret_key'

# shellcheck source=deploy/common/secrets.sh
. "$common/secrets.sh"

settings_text() {
  user=$(id -u):$(id -g)
  [ "$(id -u)" -ne 0 ] || user=$owner
  cat <<END
# Of this site; no secrets here. After a change: sh bootstrap.sh && docker compose up -d
# Who the containers run as: the owner of secrets/ and generated/.
PM500_UID=${user%:*}
PM500_GID=${user#*:}
# What runs on this computer: edge (Node-RED and the broker), historian (the rest), or all.
COMPOSE_PROFILES=${COMPOSE_PROFILES:-all}
# Whose days and months count. Set it before the first start: a day that was counted otherwise stays as it is.
TIME_ZONE=${TIME_ZONE:-UTC}
# For how long tiers are kept that are not kept as the plan says: raw=60d,1m=180d (docs/database-size.md).
INFLUX_KEEP=${INFLUX_KEEP:-}
# The meter; 127.0.0.1 is the simulated one inside Node-RED.
PM500_METER_HOST=${PM500_METER_HOST:-127.0.0.1}
PM500_SITE=${PM500_SITE:-steel-works}
# Addresses that others may reach. 127.0.0.1: this computer alone; one of IPv6 in brackets. The broker speaks TLS, the rest plain HTTP: put a
# proxy with TLS before it, or a tunnel.
LISTEN=${LISTEN:-127.0.0.1}
MQTT_LISTEN=${MQTT_LISTEN:-127.0.0.1}
# Names and addresses by which clients know the broker, beside localhost, for its certificate: DNS:mqtt.site,IP:192.0.2.9
MQTT_NAMES=${MQTT_NAMES:-}
NODE_RED_PORT=${NODE_RED_PORT:-1880}
MQTT_PORT=${MQTT_PORT:-8883}
INFLUX_PORT=${INFLUX_PORT:-8086}
GRAFANA_PORT=${GRAFANA_PORT:-3000}
METRICS_PORT=${METRICS_PORT:-8428}
ALERTMANAGER_PORT=${ALERTMANAGER_PORT:-9093}
# On two machines: of the edge where the historian is, of the historian where Node-RED is (host:port, with commas
# between where there are several).
PM500_INFLUX_URL=${PM500_INFLUX_URL:-http://influxdb:8086}
PM500_METRICS_URL=${PM500_METRICS_URL:-http://victoria-metrics:8428}
NODE_RED_ADDRESS=${NODE_RED_ADDRESS:-node-red:1880}
# Who is told of alerts; nobody while these are empty. Of a mail server (host:port; TLS unless ALERT_SMTP_TLS=no) sender, mailbox and
# that of the people on call; its user, whose password bootstrap.sh set alert_smtp_password gives. A web hook, which is asked at
# its address and /mail, /on-call, /test and /watchdog. Who has one of both is told of everything but Watchdog, which is no mail.
# Or the whole path of a file of Alertmanager of your own, in place of all that.
ALERT_SMTP=${ALERT_SMTP:-}
ALERT_SMTP_TLS=${ALERT_SMTP_TLS:-yes}
ALERT_SMTP_USER=${ALERT_SMTP_USER:-}
ALERT_FROM=${ALERT_FROM:-}
ALERT_TO=${ALERT_TO:-}
ALERT_ON_CALL=${ALERT_ON_CALL:-}
ALERT_WEBHOOK=${ALERT_WEBHOOK:-}
ALERT_FILE=${ALERT_FILE:-}
END
}

# Containers that run already have their ports themselves.
check_ports() {
  ! (cd "$folder" && docker compose ps --quiet 2>/dev/null | grep -q .) || return 0
  profiles=$(setting COMPOSE_PROFILES all)
  for pair in edge:NODE_RED_PORT edge:MQTT_PORT historian:INFLUX_PORT historian:GRAFANA_PORT historian:METRICS_PORT historian:ALERTMANAGER_PORT; do
    name=${pair#*:}
    port=$(setting "$name" 0)
    case $port in
      '' | *[!0-9]*) fail "$name in $settings is no port: give a number from 1 to 65535." ;;
    esac
    case ,$profiles, in
      *,all,* | *",${pair%%:*},"*) ;;
      *) continue ;;
    esac
    ! port_taken "$port" || fail "Port $port is taken by another program: end it, or choose another $name in $settings and run this again."
  done
}

# Everything that follows from secrets and settings.
derive() {
  time_zone
  for name in LISTEN MQTT_LISTEN; do
    address=$(setting "$name" 127.0.0.1)
    case $address in
      \[*:*\]) ;;
      *:*) fail "$name in $settings is $address: give an address of IPv6 in brackets, [$address]." ;;
    esac
  done
  broker_names
  broker_certificate "DNS:mosquitto,DNS:localhost,IP:127.0.0.1${names:+,$names}"
  broker_passwords node-red=mqtt_node_red_password scada=mqtt_scada_password telegraf=mqtt_telegraf_password health=mqtt_health_password
  printf -- '-u health\n-P %s\n' "$(cat -- "$secrets/mqtt_health_password")" | put "$secrets/mosquitto_health"
  sed 's/@listener@/8883/' "$common/mosquitto.conf" | put "$generated/mosquitto.conf"
  put "$generated/mosquitto.acl" <"$common/mosquitto.acl"
  # A setting that is refused inside of an argument would end nothing.
  node_red=$(setting NODE_RED_ADDRESS node-red:1880)
  sed '/- node-red:1880$/d' "$here/scrape.yml" >"$work/scrape.yml"
  for target in $(printf '%s' "$node_red" | tr ',' ' '); do
    printf "          - '%s'\n" "$target" >>"$work/scrape.yml"
  done
  put "$generated/scrape.yml" <"$work/scrape.yml"
  alertmanager >"$work/alertmanager.yml"
  put "$generated/alertmanager.yml" <"$work/alertmanager.yml"
}

# What has to be done besides, so that a new secret counts.
advice() {
  case $1 in
    node_red_password | node_red_metrics_token) echo 'docker compose restart node-red victoria-metrics' ;;
    influx_admin_password) echo 'docker compose up -d --force-recreate influxdb-setup' ;;
    influx_writer_password) echo 'docker compose up -d --force-recreate influxdb-setup && docker compose restart node-red' ;;
    influx_reader_password) echo 'docker compose up -d --force-recreate influxdb-setup && docker compose restart grafana tier-status' ;;
    mqtt_node_red_password) echo 'docker compose restart mosquitto node-red' ;;
    mqtt_telegraf_password) echo 'docker compose restart mosquitto telegraf' ;;
    alert_smtp_password) echo 'docker compose restart alertmanager' ;;
    mqtt_*) echo 'docker compose restart mosquitto, and enter it in your host' ;;
    grafana_admin_password) echo 'docker compose exec -T grafana grafana cli admin reset-admin-password --password-from-stdin <secrets/grafana_admin_password' ;;
    ca | certificate) echo 'docker compose restart mosquitto node-red telegraf, and after "ca" give generated/ca.crt to every other client' ;;
    *) echo 'docker compose up -d' ;;
  esac
}

rotate() {
  case $1 in
    ca | certificate) renewed=$1 ;;
    node_red_credential_secret | grafana_secret_key)
      fail "$1 encrypts what is stored, which could not be read any more: keep it, or remove that store with it (docs/stack.md)." ;;
    alert_smtp_password) fail 'The mail server chooses this password: give it to "bootstrap.sh set alert_smtp_password".' ;;
    influx_admin_token)
      fail 'InfluxDB makes its tokens itself: make one there and give it to "bootstrap.sh set influx_admin_token" (docs/stack.md).' ;;
    *)
      known "$1"
      rotate_secret "$1" ;;
  esac
}

need openssl openssl
case $folder/ in
  */node_modules/*) fail "npm takes the whole of $folder away at its next upgrade, with every secret: unpack the package elsewhere, and move .env, secrets and generated there where they are (docs/stack.md)." ;;
esac
private_folder "$secrets"
private_folder "$generated"
begin
complete_settings
[ -r "$settings" ] || fail "$settings cannot be read: run this as its owner or as root."
user=$(setting PM500_UID '')
group=$(setting PM500_GID '')
owner=$user:$group
case $owner in
  :* | *: | *[!0-9:]*) fail "$settings lacks PM500_UID and PM500_GID: remove the file and run this again, which writes a new one." ;;
esac
[ "$(id -u)" -eq 0 ] || [ "${owner%:*}" = "$(id -u)" ] ||
  fail "The files of this stack belong to user ${owner%:*} ($settings): run this as that user or as root."
own "$secrets" && own "$generated" && own "$settings"
check_ports
run 'Ready: docker compose up -d' "$@"
