#include "core/oldfiles/xinetd_service.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/config/text_rules.h"
#include "core/near_name.h"
#include "core/oldfiles/numbers.h"
#include "core/oldfiles/xinetd_access.h"
#include "core/oldfiles/xinetd_import.h"

namespace rackcast {
namespace {

constexpr std::uint32_t kCountMax = 1'000'000;  // of our own keys

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

const XinetdAttribute* find_attribute(std::span<const XinetdAttribute> attributes, std::string_view name) {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [&](const XinetdAttribute& a) { return a.name == name; });
  return found == attributes.end() || found->values.empty() ? nullptr : &*found;
}

bool holds(const XinetdAttribute* attribute, std::string_view word) {
  return attribute != nullptr && std::any_of(attribute->values.begin(), attribute->values.end(),
                                             [&](const XinetdWord& value) { return value.text == word; });
}

// tcpd, and the flag NAMEINARGS: the server's own name is the first argument.
bool name_in_arguments(const XinetdEntry& service) {
  const XinetdAttribute* const server = find_attribute(service.attributes, "server");
  return holds(find_attribute(service.attributes, "flags"), "NAMEINARGS") ||
         (server != nullptr && base_name(server->values[0].text) == "tcpd");
}

class ServiceReader;

struct AttributeSpec {
  std::string_view name;
  unsigned values = 0;       // 0: any number
  bool set_type = false;     // takes += and -=, and adds to what the defaults say
  bool in_defaults = false;  // may stand there
  void (ServiceReader::*apply)(const XinetdAttribute&) = nullptr;
  ImportKind kind = ImportKind::kHonoured;  // without apply
  std::string_view why;
};

class ServiceReader {
 public:
  ServiceReader(OldFilesHost& host, ImportReport& report) : host_(host), report_(report) {}

  XinetdService read(const XinetdEntry& service, std::span<const XinetdAttribute> defaults);

  // The handlers of the table, one an attribute.
  void disable(const XinetdAttribute& a) {
    const std::string& value = a.values[0].text;
    if (value != "yes" && value != "no")
      return tell(ImportKind::kError, a, "is yes or no, not " + config_detail::quoted(value));
    service_.off = service_.off || value == "yes";
    tell(ImportKind::kHonoured, a, value == "yes" ? "the service is off" : "the service is on");
  }
  void listed(const XinetdAttribute& a) { tell(ImportKind::kHonoured, a, "the services it names"); }
  void socket_type(const XinetdAttribute& a) {
    const std::string& value = a.values[0].text;
    const bool fits = value == (stream_ ? "stream" : "dgram");
    tell(fits ? ImportKind::kHonoured : ImportKind::kNotHonoured, a,
         fits ? "as it is" : "the protocol has only one: " + std::string(stream_ ? "stream" : "dgram"));
  }
  void protocol(const XinetdAttribute& a) {
    const std::string& value = a.values[0].text;
    const std::string_view base = stream_ ? "tcp" : "udp";
    const bool fits = value == base || value == std::string(base) + "4" || value == std::string(base) + "6";
    if (fits && value.back() == '6') service_.ipv6 = true;
    tell(fits ? ImportKind::kHonoured : ImportKind::kNotHonoured, a, fits ? "as it is" : "it is " + std::string(base));
  }
  void wait(const XinetdAttribute& a) {
    if (a.values[0].text == "yes" && !stream_)
      return tell(ImportKind::kRemark, a,
                  "xinetd started in.tftpd once and its limits hardly acted; here they count machines and transfers");
    tell(ImportKind::kHonoured, a, "nothing is started for a request");
  }
  void user(const XinetdAttribute& a) {
    const std::string& value = a.values[0].text;
    if (value == "root" || value == "0")
      return tell(ImportKind::kHonoured, a, "sockets are opened as root, then the server's own user is taken");
    if (const std::string problem = config_detail::check_user_name(value); !problem.empty())
      return tell(ImportKind::kError, a, problem);
    service_.user = value;
    tell(ImportKind::kHonoured, a, "[server] user");
  }
  void server(const XinetdAttribute& a) { tell(ImportKind::kHonoured, a, "rackcastd does what it did"); }
  void server_args(const XinetdAttribute& a) {
    service_.arguments_at = a.at;
    service_.arguments.insert(service_.arguments.end(), a.values.begin(), a.values.end());
  }
  void instances(const XinetdAttribute& a) { limit(a, service_.admission.instances, "instances"); }
  void per_source(const XinetdAttribute& a) { limit(a, service_.admission.per_source, "per_source"); }
  void cps(const XinetdAttribute& a) {
    const auto rate = whole_number<std::uint32_t>(a.values[0].text);
    const auto wait = whole_number<std::uint32_t>(a.values[1].text);
    if (!rate || !wait) return tell(ImportKind::kError, a, "is two numbers, as in cps = 100 2");
    service_.cps_given = true;
    if (*rate == 0) return tell(ImportKind::kHonoured, a, "0 is no limit");
    service_.admission.cps = Cps{std::min(*rate, kCountMax), std::clamp<std::uint32_t>(*wait, 1, kCountMax)};
    tell(*wait == 0 ? ImportKind::kRemark : ImportKind::kHonoured, a,
         *wait == 0 ? "cps, with a wait of 1 s, the least" : "cps");
  }
  void only_from(const XinetdAttribute& a) {
    auto& list = service_.admission.only_from;
    if (!list) list.emplace();
    access(a, *list, "only_from");
  }
  void no_access(const XinetdAttribute& a) { access(a, service_.admission.no_access, "no_access"); }
  void access_times(const XinetdAttribute& a) {
    for (const XinetdWord& word : a.values) {
      const auto span = parse_access_time(word.text);
      if (!span)
        tell_word(ImportKind::kError, a, word,
                  "is HOUR:MINUTE-HOUR:MINUTE, the first before the last, as in 8:00-18:30");
      else if (service_.admission.access_times.size() == kImportedTimesMax)
        return tell_word(ImportKind::kError, a, word, "more than 48 times");
      else
        service_.admission.access_times.push_back(*span);
    }
    tell(ImportKind::kHonoured, a, "access_times");
  }
  void log_on_failure(const XinetdAttribute& a) {
    if (a.op == XinetdOperator::kSet) failure_words_.clear();
    for (const XinetdWord& word : a.values) {
      if (a.op == XinetdOperator::kRemove)
        failure_words_.erase(word.text);
      else
        failure_words_.insert(word.text);
    }
    service_.admission.log_on_failure = !failure_words_.empty();
    tell(ImportKind::kHonoured, a, "log_on_failure; the address and the reason are always in the line");
    if (holds(&a, "USERID")) tell(ImportKind::kNotHonoured, a, "USERID: nobody is asked who a user is (RFC 1413)");
  }
  void log_on_success(const XinetdAttribute& a) {
    tell(ImportKind::kHonoured, a, "each transfer is logged with its address, size and time");
    if (holds(&a, "USERID")) tell(ImportKind::kNotHonoured, a, "USERID: nobody is asked who a user is (RFC 1413)");
  }
  void log_type(const XinetdAttribute& a) {
    if (a.values.empty() || a.values[0].text != "SYSLOG")
      return tell(ImportKind::kNotHonoured, a,
                  "no log file of its own is written; let syslog sort out the lines of rackcastd");
    service_.syslog = true;
    tell(ImportKind::kHonoured, a, "[log] syslog; the facility is daemon");
  }
  void flags(const XinetdAttribute& a);
  void bind(const XinetdAttribute& a) {
    const std::string& value = a.values[0].text;
    if (const auto address = net::IpAddress::parse(value)) {
      service_.bind = *address;
      return tell(ImportKind::kHonoured, a, "listen");
    }
    const auto addresses = host_.resolve(value);
    if (addresses.empty())
      return tell(ImportKind::kError, a, config_detail::quoted(value) + " has no address; write it as one");
    service_.bind = addresses.front();
    tell(ImportKind::kRemark, a,
         "listen; the name was looked up once, now: " + std::string(addresses.front().text().view()));
  }
  void port(const XinetdAttribute& a) {
    const auto value = whole_number<std::uint32_t>(a.values[0].text);
    if (!value || *value == 0 || *value > 65'535) return tell(ImportKind::kError, a, "a port is 1 to 65535");
    service_.port = static_cast<std::uint16_t>(*value);
    tell(ImportKind::kHonoured, a, "listen");
  }
  void v6only(const XinetdAttribute& a) {
    service_.ipv6_only = a.values[0].text == "yes";
    tell(ImportKind::kHonoured, a, "listen");
  }

 private:
  void tell(ImportKind kind, const XinetdAttribute& a, std::string message) {
    report_.add(kind, a.at, a.name, std::move(message));
  }
  void tell_word(ImportKind kind, const XinetdAttribute& a, const XinetdWord& word, std::string message) {
    report_.add(kind, {a.at.file, a.at.line, word.column}, a.name,
                config_detail::quoted(word.text) + " " + std::move(message));
  }
  void limit(const XinetdAttribute& a, std::optional<std::uint32_t>& value, std::string_view key);
  void access(const XinetdAttribute& a, std::vector<net::IpPrefix>& list, std::string_view key);
  void apply(const XinetdAttribute& attribute);
  void apply_defaults(std::span<const XinetdAttribute> defaults, const XinetdEntry& service);

  OldFilesHost& host_;
  ImportReport& report_;
  XinetdService service_;
  std::set<std::string> failure_words_;  // of log_on_failure; none: nothing is logged
  bool stream_ = false;
};

using R = ServiceReader;
constexpr ImportKind kFine = ImportKind::kHonoured;
constexpr ImportKind kNot = ImportKind::kNotHonoured;
constexpr std::string_view kNoProgram = "no program is started, so there is nothing it could limit or set";
constexpr std::string_view kNoBanner = "TFTP has no banner, and FTP's is its own";

// What stands in no row is an attribute that xinetd does not know either.
constexpr std::array kAttributes{
    AttributeSpec{"disable", 1, false, false, &R::disable},
    AttributeSpec{"disabled", 0, true, true, &R::listed},
    AttributeSpec{"enabled", 0, true, true, &R::listed},
    AttributeSpec{"socket_type", 1, false, false, &R::socket_type},
    AttributeSpec{"protocol", 1, false, false, &R::protocol},
    AttributeSpec{"wait", 1, false, false, &R::wait},
    AttributeSpec{"user", 1, false, false, &R::user},
    AttributeSpec{"server", 1, false, false, &R::server},
    AttributeSpec{"server_args", 0, false, false, &R::server_args},
    AttributeSpec{"instances", 1, false, true, &R::instances},
    AttributeSpec{"per_source", 1, false, true, &R::per_source},
    AttributeSpec{"cps", 2, false, true, &R::cps},
    AttributeSpec{"only_from", 0, true, true, &R::only_from},
    AttributeSpec{"no_access", 0, true, true, &R::no_access},
    AttributeSpec{"access_times", 0, false, true, &R::access_times},
    AttributeSpec{"log_on_failure", 0, true, true, &R::log_on_failure},
    AttributeSpec{"log_on_success", 0, true, true, &R::log_on_success},
    AttributeSpec{"log_type", 0, false, true, &R::log_type},
    AttributeSpec{"flags", 0, false, false, &R::flags},
    AttributeSpec{"bind", 1, false, true, &R::bind},
    AttributeSpec{"interface", 1, false, true, &R::bind},
    AttributeSpec{"port", 1, false, false, &R::port},
    AttributeSpec{"v6only", 1, false, true, &R::v6only},
    AttributeSpec{"id", 1, false, false, nullptr, kFine, "the log calls the service by its protocol"},
    AttributeSpec{"type", 0, false, false, nullptr, kFine, "the port is known"},
    AttributeSpec{"mdns", 1, false, true, nullptr, kNot, "the service is not announced by multicast DNS"},
    AttributeSpec{"group", 1, false, false, nullptr, kNot, "the user's own group is taken"},
    AttributeSpec{"groups", 1, false, true, nullptr, kNot, "the user's supplementary groups are not taken"},
    AttributeSpec{"umask", 1, false, true, nullptr, kNot,
                  "what clients send (-c) is readable by the server's user and group alone, mode 0640"},
    AttributeSpec{"nice", 1, false, false, nullptr, kNot, "give the priority where rackcastd is started"},
    AttributeSpec{"env", 0, true, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"passenv", 0, true, true, nullptr, kNot, kNoProgram},
    AttributeSpec{"max_load", 1, false, true, nullptr, kNot, "the load is no measure of a boot server; set instances"},
    AttributeSpec{"rlimit_as", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"rlimit_cpu", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"rlimit_data", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"rlimit_rss", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"rlimit_stack", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"rlimit_files", 1, false, false, nullptr, kNot, kNoProgram},
    AttributeSpec{"banner", 1, false, true, nullptr, kNot, kNoBanner},
    AttributeSpec{"banner_success", 1, false, true, nullptr, kNot, kNoBanner},
    AttributeSpec{"banner_fail", 1, false, true, nullptr, kNot, kNoBanner},
    AttributeSpec{"redirect", 2, false, false, nullptr, kNot, "nothing is passed on; run rackcastd on that machine"},
    AttributeSpec{"deny_time", 1, false, false, nullptr, kNot, "nobody is locked out for a time; use no_access"},
    AttributeSpec{"libwrap", 1, false, false, nullptr, kNot,
                  "hosts.allow and hosts.deny are not read; use only_from and no_access"},
    AttributeSpec{"rpc_version", 1, false, false, nullptr, kNot, "this is no RPC service"},
    AttributeSpec{"rpc_number", 1, false, false, nullptr, kNot, "this is no RPC service"},
};

const AttributeSpec* find_spec(std::string_view name) {
  const auto* const found =
      std::find_if(kAttributes.begin(), kAttributes.end(), [&](const AttributeSpec& s) { return s.name == name; });
  return found == kAttributes.end() ? nullptr : found;
}

struct FlagSpec {
  std::string_view name;
  ImportKind kind;
  std::string_view why;
};
constexpr std::array kFlags{
    FlagSpec{"IPv4", kFine, "listen"},
    FlagSpec{"IPv6", kFine, "listen"},
    FlagSpec{"REUSE", kFine, "as it is"},
    FlagSpec{"NODELAY", kFine, "as it is"},
    FlagSpec{"KEEPALIVE", kFine, "silent peers are given up"},
    FlagSpec{"NOLIBWRAP", kFine, "hosts.allow and hosts.deny are not read"},
    FlagSpec{"NAMEINARGS", kFine, "the first argument is the server's name"},
    FlagSpec{"NORETRY", kFine, "nothing is started for a request"},
    FlagSpec{"INTERCEPT", kFine, "each request is looked at"},
    FlagSpec{"IDONLY", kNot, "nobody is asked who a user is (RFC 1413); use only_from"},
    FlagSpec{"SENSOR", kNot, "there is no trap service; nobody is locked out for touching it"},
    FlagSpec{"LABELED", kNot, "security labels of connections are not looked at"},
};

void ServiceReader::flags(const XinetdAttribute& a) {
  for (const XinetdWord& word : a.values) {
    const auto* const found =
        std::find_if(kFlags.begin(), kFlags.end(), [&](const FlagSpec& f) { return f.name == word.text; });
    if (found == kFlags.end()) {
      tell_word(ImportKind::kNotHonoured, a, word, "is no flag of xinetd");
      continue;
    }
    service_.ipv4 = service_.ipv4 || word.text == "IPv4";
    service_.ipv6 = service_.ipv6 || word.text == "IPv6";
    tell_word(found->kind, a, word, std::string(found->why));
  }
}

void ServiceReader::limit(const XinetdAttribute& a, std::optional<std::uint32_t>& value, std::string_view key) {
  if (a.values[0].text == "UNLIMITED") return tell(ImportKind::kHonoured, a, "no limit");
  const auto count = whole_number<std::uint32_t>(a.values[0].text);
  if (!count)
    return tell(ImportKind::kError, a, "is a number or UNLIMITED, not " + config_detail::quoted(a.values[0].text));
  if (*count == 0) {
    service_.off = true;
    return tell(ImportKind::kRemark, a, "0 serves nobody: the service is off");
  }
  if (*count > kCountMax) return tell(ImportKind::kRemark, a, "so many are no limit");
  value = *count;
  tell(ImportKind::kHonoured, a, std::string(key));
}

void ServiceReader::access(const XinetdAttribute& a, std::vector<net::IpPrefix>& list, std::string_view key) {
  if (a.op == XinetdOperator::kSet) list.clear();
  for (const XinetdWord& word : a.values) {
    const AccessForm form = parse_access_form(word.text, host_);
    if (!form.problem.empty()) {
      const bool opens = key == "no_access" && a.op != XinetdOperator::kRemove;
      tell_word(ImportKind::kNotHonoured, a, word, (opens ? "IS LET IN: " : "is not let in by this: ") + form.problem);
      continue;
    }
    if (!form.remark.empty()) tell_word(ImportKind::kRemark, a, word, form.remark);
    for (const net::IpPrefix& prefix : form.prefixes) {
      const auto found = std::find(list.begin(), list.end(), prefix);
      if (a.op == XinetdOperator::kRemove && found != list.end()) list.erase(found);
      if (a.op != XinetdOperator::kRemove && found == list.end()) list.push_back(prefix);
    }
    if (list.size() > kImportedAccessMax)
      return tell_word(ImportKind::kError, a, word, "makes it more than 256 addresses");
  }
  tell(ImportKind::kHonoured, a, std::string(key));
}

void ServiceReader::apply(const XinetdAttribute& attribute) {
  const AttributeSpec* const spec = find_spec(attribute.name);
  if (spec == nullptr) {
    NearName near(attribute.name);
    for (const AttributeSpec& known : kAttributes) near.consider(known.name);
    const std::string hint = near.best().empty() ? "" : "; did you mean " + std::string(near.best()) + "?";
    return tell(ImportKind::kNotHonoured, attribute, "xinetd has no such attribute" + hint);
  }
  if (attribute.op != XinetdOperator::kSet && !spec->set_type)
    return tell(ImportKind::kNotHonoured, attribute, "takes only \"=\"");
  if (attribute.values.size() < spec->values) return tell(ImportKind::kNotHonoured, attribute, "a value is missing");
  if (spec->apply != nullptr)
    (this->*spec->apply)(attribute);
  else
    tell(spec->kind, attribute, std::string(spec->why));
  if (spec->values > 0 && attribute.values.size() > spec->values)
    tell_word(ImportKind::kRemark, attribute, attribute.values[spec->values],
              "and what follows is left out (xinetd would leave out the line)");
}

// The defaults' attributes that hold for a service: sets are added to, single values only stand in.
void ServiceReader::apply_defaults(std::span<const XinetdAttribute> defaults, const XinetdEntry& service) {
  std::set<std::string_view> seen;
  for (XinetdAttribute attribute : defaults) {
    const AttributeSpec* const spec = find_spec(attribute.name);
    if (spec != nullptr && !spec->in_defaults) {
      tell(ImportKind::kNotHonoured, attribute, "has no meaning in defaults");
    } else if (spec != nullptr && spec->set_type) {
      if (attribute.op == XinetdOperator::kSet) attribute.op = XinetdOperator::kAdd;  // there both are one
      apply(attribute);
    } else if (!seen.insert(find_spec(attribute.name) == nullptr ? "" : spec->name).second && spec != nullptr) {
      tell(ImportKind::kNotHonoured, attribute, "is there already; the first counts");
    } else if (spec != nullptr && find_attribute(service.attributes, attribute.name) != nullptr) {
      tell(ImportKind::kHonoured, attribute, "the service has its own");
    } else {
      apply(attribute);
    }
  }
}

XinetdService ServiceReader::read(const XinetdEntry& service, std::span<const XinetdAttribute> defaults) {
  service_.at = service.at;
  service_.program = xinetd_program(service);
  stream_ = service_.program.find("tftpd") == std::string::npos && service.name != "tftp";
  service_.off = xinetd_is_off(service, defaults);
  apply_defaults(defaults, service);
  std::set<std::string_view> seen;
  for (const XinetdAttribute& attribute : service.attributes) {
    const AttributeSpec* const spec = find_spec(attribute.name);
    if (spec != nullptr && !spec->set_type && !seen.insert(attribute.name).second)
      tell(ImportKind::kNotHonoured, attribute, "is there already; the first counts");
    else
      apply(attribute);
  }
  if (name_in_arguments(service) && !service_.arguments.empty()) service_.arguments.erase(service_.arguments.begin());
  return std::move(service_);
}

}  // namespace

std::string xinetd_program(const XinetdEntry& service) {
  const XinetdAttribute* const server = find_attribute(service.attributes, "server");
  const XinetdAttribute* const arguments = find_attribute(service.attributes, "server_args");
  if (name_in_arguments(service) && arguments != nullptr) return std::string(base_name(arguments->values[0].text));
  return server == nullptr ? "" : std::string(base_name(server->values[0].text));
}

bool xinetd_is_off(const XinetdEntry& service, std::span<const XinetdAttribute> defaults) {
  const XinetdAttribute* const id = find_attribute(service.attributes, "id");
  const std::string& name = id == nullptr ? service.name : id->values[0].text;
  const XinetdAttribute* const disable = find_attribute(service.attributes, "disable");
  if (disable != nullptr && disable->values[0].text == "yes") return true;
  if (holds(find_attribute(defaults, "disabled"), name)) return true;
  const XinetdAttribute* const enabled = find_attribute(defaults, "enabled");
  return enabled != nullptr && !holds(enabled, name);
}

XinetdService read_xinetd_service(const XinetdEntry& service, std::span<const XinetdAttribute> defaults,
                                  OldFilesHost& host, ImportReport& report) {
  return ServiceReader(host, report).read(service, defaults);
}

}  // namespace rackcast
