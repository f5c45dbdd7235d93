#!/bin/sh
# Makes all that the stack needs on Debian without containers: secrets, certificates, configurations, units of systemd. Run it
# as root before the first start and after each change of site.env; what is there and right stays as it is.
#   sh bootstrap.sh                 makes what is missing
#   sh bootstrap.sh rotate NAME     another secret NAME, and says what has to be started again; "ca" and "certificate" too
#   sh bootstrap.sh set NAME <file  a secret of your own
# Needs openssl and curl. PM500_CHECK_PORTS=no: does not look whether the ports of the services are free. PM500_ETC, PM500_UNITS: folders other than /etc/pm500 and /etc/systemd/system.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
generated=${PM500_ETC:-/etc/pm500}
units=${PM500_UNITS:-/etc/systemd/system}
secrets=$generated/secrets
settings=$generated/site.env
owner=$(id -u):$(id -g)
kept_before=influx_admin_password
common=$here/../common
smtp_password_file=/run/credentials/pm500-alertmanager.service/alert_smtp_password

SECRETS='node_red_password node_red_metrics_token node_red_credential_secret influx_admin_password influx_writer_password influx_reader_password mqtt_node_red_password mqtt_scada_password mqtt_telegraf_password mqtt_health_password'

# shellcheck source=deploy/common/secrets.sh
. "$common/secrets.sh"

settings_text() {
  cat <<END
# Of this site; no secrets here. After a change run bootstrap.sh, then the command that it prints.
# Whose days and months count. Set it before the first start: a day that was counted otherwise stays as it is.
TIME_ZONE=${TIME_ZONE:-UTC}
# For how long tiers are kept that are not kept as the plan says: raw=60d,1m=180d (docs/database-size.md).
INFLUX_KEEP=${INFLUX_KEEP:-}
# The meter; 127.0.0.1 is the simulated one inside Node-RED.
PM500_METER_HOST=${PM500_METER_HOST:-127.0.0.1}
PM500_SITE=${PM500_SITE:-steel-works}
# Where the broker listens beside 127.0.0.1, for others; it speaks TLS. 127.0.0.1: this computer alone.
MQTT_LISTEN=${MQTT_LISTEN:-127.0.0.1}
MQTT_PORT=${MQTT_PORT:-8883}
# Names and addresses by which clients know the broker, beside localhost, for its certificate: DNS:mqtt.site,IP:192.0.2.9
MQTT_NAMES=${MQTT_NAMES:-}
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
# How many backups of each night stay in /var/lib/pm500-backup.
BACKUPS_KEPT=${BACKUPS_KEPT:-7}
# After how many days without a whole backup the alert BackupOverdue comes.
BACKUP_DAYS=${BACKUP_DAYS:-7}
END
}

# Of a stack that runs the ports are its own. Packages of Debian start services of their own on the same ports.
check_ports() {
  [ "${PM500_CHECK_PORTS:-yes}" = yes ] || return 0
  ! systemctl is-active --quiet 'pm500-*' 2>/dev/null || return 0
  port=$(setting MQTT_PORT 8883)
  for pair in 8086:influxdb 8088:influxdb 8428:victoria-metrics 9093:prometheus-alertmanager 8880:vmalert "$port:mosquitto" 1880:nodered; do
    ! port_taken "${pair%%:*}" ||
      fail "Port ${pair%%:*} is taken by another program: end it (systemctl disable --now ${pair#*:}, where it is that of the package) and run this again."
  done
}

derive() {
  broker_names
  listen=$(setting MQTT_LISTEN 127.0.0.1)
  # Compose wants an address of IPv6 in brackets, Mosquitto does not.
  listen=${listen#[}
  listen=${listen%]}
  port=$(setting MQTT_PORT 8883)
  time_zone
  case $listen in
    # Of no single address, or the one that is there anyway.
    127.0.0.1 | localhost | 0.0.0.0 | ::) ;;
    *:*) names=IP:$listen${names:+,$names} ;;
    *[!0-9.]*) names=DNS:$listen${names:+,$names} ;;
    *) names=IP:$listen${names:+,$names} ;;
  esac
  broker_certificate "DNS:localhost,IP:127.0.0.1${names:+,$names}"
  broker_passwords node-red=mqtt_node_red_password scada=mqtt_scada_password telegraf=mqtt_telegraf_password health=mqtt_health_password
  sed "s/@listener@/$port $listen/" "$common/mosquitto.conf" >"$work/mosquitto.conf"
  case $listen in
    127.0.0.1 | localhost | 0.0.0.0) ;;
    # Node-RED beside it goes to localhost, whatever others reach; :: is that of IPv6 alone.
    *) sed -n '/^listener /,/^tls_version /p' "$common/mosquitto.conf" | sed "s/@listener@/$port 127.0.0.1/" >>"$work/mosquitto.conf" ;;
  esac
  put_public "$generated/mosquitto.conf" <"$work/mosquitto.conf"
  put_public "$generated/mosquitto.acl" <"$common/mosquitto.acl"
  put_public "$generated/influxdb.conf" <"$here/influxdb.conf"
  put_public "$generated/pm500.rules.yml" <"$here/../alerts/pm500.rules.yml"
  sed 's|/etc/pm500/metrics-token|/run/credentials/pm500-victoria-metrics.service/node_red_metrics_token|' "$here/../alerts/scrape.yml" |
    put_public "$generated/scrape.yml"
  alertmanager >"$work/alertmanager.yml"
  put_public "$generated/alertmanager.yml" <"$work/alertmanager.yml"
  chmod 644 -- "$generated/ca.crt"
  # For the roll-up of each night, and for how far the tiers have come. A shell reads it as systemd does: in both, these four
  # have a meaning within quotes.
  password=$(sed 's/[\\"$`]/\\&/g' "$secrets/influx_admin_password")
  printf 'INFLUX_URL=http://127.0.0.1:8086\nINFLUX_USER=admin\nINFLUX_PASSWORD="%s"\nTIME_ZONE=%s\n' "$password" "$zone" |
    put "$generated/influx.env"
  for unit in "$here"/../systemd/pm500-*; do
    # The roll-up comes after the days of the site have ended and the backup before, whatever the clocks of this computer say.
    sed -e "s|^OnCalendar=.* [0-9][0-9]:[0-9][0-9]:00\$|& $zone|" -e "s|/usr/lib/node_modules/|$modules/|g" "$unit" >"$work/unit"
    put_public "$units/${unit##*/}" <"$work/unit"
  done
}

advice() {
  case $1 in
    node_red_metrics_token) echo 'systemctl restart pm500-node-red pm500-victoria-metrics' ;;
    influx_admin_password) echo 'systemctl restart pm500-influxdb-setup' ;;
    influx_writer_password) echo 'systemctl restart pm500-influxdb-setup pm500-node-red' ;;
    influx_reader_password) echo 'systemctl restart pm500-influxdb-setup, and enter it in Grafana' ;;
    mqtt_node_red_password | ca | certificate) echo 'systemctl restart pm500-mosquitto pm500-node-red, and after "ca" give ca.crt to every other client' ;;
    alert_smtp_password) echo 'systemctl restart pm500-alertmanager' ;;
    mqtt_*) echo 'systemctl restart pm500-mosquitto, and enter it in your host' ;;
    *) echo 'systemctl restart pm500-node-red' ;;
  esac
}

rotate() {
  case $1 in
    ca | certificate) renewed=$1 ;;
    node_red_credential_secret)
      fail "$1 encrypts what is stored, which could not be read any more: keep it, or remove that store with it (docs/stack.md)." ;;
    alert_smtp_password) fail 'The mail server chooses this password: give it to "bootstrap.sh set alert_smtp_password".' ;;
    *)
      known "$1"
      rotate_secret "$1" ;;
  esac
}

# A missing program is said here, and not by a service that ends again and again.
check_programs() {
  need openssl openssl
  need curl curl
  need influxd influxdb
  need mosquitto mosquitto
  need victoria-metrics victoria-metrics
  need vmalert victoria-metrics
  need prometheus-alertmanager prometheus-alertmanager
  # npm's global folder, which is another one with Node.js of Debian; of a clone that of the package.
  modules=/usr/lib/node_modules
  package=${here%/deploy/debian}
  case $package in
    */node_modules/@pm500/node-red-powermonitor) modules=${package%/@pm500/node-red-powermonitor} ;;
    *) return 0 ;;
  esac
  [ -f "$modules/node-red/red.js" ] || fail "Node-RED is not beside this package in $modules: npm install -g node-red@4.1, and run this again."
  # As services see it: no folder of a user is on their path.
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin node -e \
    'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null ||
    fail 'Services find no Node.js of 20.19 or newer in /usr/local/bin and /usr/bin: install it there, for all users, and run this again.'
}

# All that a start or a restart concerns: what starts at boot, in the order of the folder.
enabled_units() {
  for unit in "$here"/../systemd/pm500-*; do
    ! grep -q '^\[Install\]' "$unit" || printf ' %s' "${unit##*/}" | sed 's/\.service$//'
  done
}

check_programs
[ -d "$units" ] || fail "There is no folder $units: this stack needs systemd, or name another folder in PM500_UNITS."
# The services are users of their own, and read their configurations there; secrets have a folder within.
{ mkdir -p -- "$generated" && chmod 755 -- "$generated"; } 2>/dev/null || fail "The folder $generated cannot be made: run this as root."
private_folder "$secrets"
begin
file_mode=644
complete_settings
file_mode=600
check_ports
# By name, and not by a pattern: units that an upgrade has brought are enabled too, and nothing that failed or was stopped on
# purpose is started but these.
enabled=$(enabled_units)
run "Ready: systemctl daemon-reload && systemctl enable$enabled && systemctl restart$enabled" "$@"
