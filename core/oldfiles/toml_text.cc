#include "core/oldfiles/toml_text.h"

#include <array>
#include <cassert>
#include <cstdio>

#include "core/oldfiles/toml_dhcp.h"
#include "core/oldfiles/toml_writer.h"

namespace rackcast {
namespace {

using toml_detail::Writer;

std::string prefix_text(const net::IpPrefix& prefix) {
  return std::string(prefix.base.text().view()) + "/" + std::to_string(prefix.length);
}

std::string span_text(const DaySpan& span) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%02d:%02d-%02d:%02d", span.first / 60, span.first % 60, span.last / 60,
                      span.last % 60);
  return text.data();
}

std::string ports_text(const PortRange& range) {
  return std::to_string(range.first) + "-" + std::to_string(range.last);
}

std::string endpoint_text(const net::Endpoint& endpoint) {
  return std::string(endpoint.text().view());
}

const std::string& itself(const std::string& text) {
  return text;
}

void write_admission(Writer& out, const AdmissionConfig& admission) {
  if (admission.instances) out.number("instances", *admission.instances);
  if (admission.per_source) out.number("per_source", *admission.per_source);
  if (admission.cps)
    out.line("cps",
             "[" + std::to_string(admission.cps->rate) + ", " + std::to_string(admission.cps->wait_seconds) + "]");
  if (admission.only_from) out.list("only_from", *admission.only_from, prefix_text);
  if (!admission.no_access.empty()) out.list("no_access", admission.no_access, prefix_text);
  if (!admission.access_times.empty()) out.list("access_times", admission.access_times, span_text);
  if (!admission.log_on_failure) out.line("log_on_failure", "false");
  if (admission.policy == AdmissionPolicy::kXinetd) out.line("admission", "\"xinetd\"");
}

void write_server(Writer& out, const ServerConfig& server) {
  out.section("server");
  if (!server.interfaces.empty()) out.list("interfaces", server.interfaces, itself);
  const ServerConfig presets;
  if (server.user != presets.user) out.line("user", out.quoted(server.user));
  if (server.state_dir != presets.state_dir) out.line("state_dir", out.quoted(server.state_dir));
}

void write_tftp(Writer& out, const TftpConfig& tftp) {
  const TftpConfig presets;
  out.section("tftp");
  if (tftp.listen_given) out.list("listen", tftp.listen, endpoint_text);
  out.line("root", out.quoted(tftp.root));
  write_admission(out, tftp.admission);
  if (tftp.max_windowsize != presets.max_windowsize) out.number("max_windowsize", tftp.max_windowsize);
  if (tftp.max_blksize != presets.max_blksize) out.number("max_blksize", tftp.max_blksize);
  if (tftp.single_port) out.line("single_port", "true");
  if (tftp.tid_ports) out.line("ports", out.quoted(ports_text(*tftp.tid_ports)));
  if (!tftp.map_file.empty()) out.line("map_file", out.quoted(tftp.map_file));
  if (!tftp.refused_options.empty()) out.list("refused_options", tftp.refused_options, itself);
  if (tftp.retransmit_us) out.number("retransmit_us", *tftp.retransmit_us);
  if (tftp.transfers_max != presets.transfers_max) out.number("transfers_max", tftp.transfers_max);
  if (tftp.cache_bytes != presets.cache_bytes) out.number("cache_bytes", tftp.cache_bytes);
  if (!tftp.upload.dir.empty()) out.line("upload_dir", out.quoted(tftp.upload.dir));
}

void write_ftp(Writer& out, const FtpConfig& ftp) {
  out.section("ftp");
  out.list("listen", ftp.listen, endpoint_text);
  out.line("root", out.quoted(ftp.root));
  if (ftp.passive_ports) out.line("passive_ports", out.quoted(ports_text(*ftp.passive_ports)));
  write_admission(out, ftp.admission);
}

}  // namespace

Result<std::string> toml_text(const Config& config) {
  assert(!config.http && !config.board && "no import makes these");
  Writer out;
  write_server(out, config.server);
  if (config.dhcp) toml_detail::write_dhcp(out, *config.dhcp);
  if (config.tftp) write_tftp(out, *config.tftp);
  if (config.ftp) write_ftp(out, *config.ftp);
  const LogConfig presets;
  if (config.log.syslog != presets.syslog || config.log.level != presets.level) out.section("log");
  if (config.log.level != presets.level) out.line("level", out.quoted(config.log.level));
  if (config.log.syslog != presets.syslog) out.line("syslog", config.log.syslog ? "true" : "false");
  return out.finish();
}

}  // namespace rackcast
