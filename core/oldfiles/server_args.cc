#include "core/oldfiles/server_args.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/config/folders.h"
#include "core/config/keys.h"
#include "core/config/text_rules.h"
#include "core/oldfiles/numbers.h"

namespace rackcast {
namespace {

enum class Meaning : std::uint8_t {
  kSecure,
  kUser,
  kMapFile,
  kRefuse,
  kBlockSize,
  kPorts,
  kRetransmitMicroseconds,
  kRetransmitSeconds,
  kInstances,
  kRefuseBlksize,
  kRefuseTsize,
  kRefuseTimeout,
  kRefuseWindowsize,
  kRefuseMulticast,
  kCreate,
  kFine,         // what it asks for is so anyway; `why` tells
  kNotHonoured,  // `why` tells
};

struct Flag {
  char letter = 0;
  std::string_view name;
  bool takes_value = false;
  Meaning meaning = Meaning::kFine;
  std::string_view why;
};

constexpr std::string_view kUnderXinetd = "has no effect under xinetd: flags, bind and port decide";
constexpr std::string_view kUploadMode = "files that clients send get the mode 0640";

constexpr std::array kHpaFlags{
    Flag{'s', "secure", false, Meaning::kSecure, ""},
    Flag{'u', "user", true, Meaning::kUser, ""},
    Flag{'m', "map-file", true, Meaning::kMapFile, ""},
    Flag{'r', "refuse", true, Meaning::kRefuse, ""},
    Flag{'B', "blocksize", true, Meaning::kBlockSize, ""},
    Flag{'R', "port-range", true, Meaning::kPorts, ""},
    Flag{'T', "retransmit", true, Meaning::kRetransmitMicroseconds, ""},
    Flag{'p', "permissive", false, Meaning::kFine, "what the user may read is served"},
    Flag{'v', "verbose", false, Meaning::kFine, "each transfer is logged"},
    Flag{0, "verbosity", true, Meaning::kFine, "each transfer is logged"},
    Flag{'t', "timeout", true, Meaning::kFine, "the daemon stays; nothing is started for a request"},
    Flag{'c', "create", false, Meaning::kCreate, ""},
    Flag{'U', "umask", true, Meaning::kNotHonoured, kUploadMode},
    Flag{'4', "ipv4", false, Meaning::kNotHonoured, kUnderXinetd},
    Flag{'6', "ipv6", false, Meaning::kNotHonoured, kUnderXinetd},
    Flag{'a', "address", true, Meaning::kNotHonoured, kUnderXinetd},
    Flag{'l', "listen", false, Meaning::kNotHonoured, kUnderXinetd},
    Flag{'L', "foreground", false, Meaning::kNotHonoured, "start rackcastd with --foreground instead"},
    Flag{'P', "pidfile", true, Meaning::kNotHonoured, "no file with the process id is written"},
    Flag{'V', "version", false, Meaning::kNotHonoured, "in.tftpd would only print its version"},
};

constexpr std::string_view kMulticast = "multicast TFTP is not served by this daemon's [tftp]";
constexpr std::array kAtftpdFlags{
    Flag{0, "user", true, Meaning::kUser, ""},
    Flag{'r', "retry-timeout", true, Meaning::kRetransmitSeconds, ""},
    Flag{'m', "maxthread", true, Meaning::kInstances, ""},
    Flag{0, "no-blksize", false, Meaning::kRefuseBlksize, ""},
    Flag{0, "no-tsize", false, Meaning::kRefuseTsize, ""},
    Flag{0, "no-timeout", false, Meaning::kRefuseTimeout, ""},
    Flag{0, "no-windowsize", false, Meaning::kRefuseWindowsize, ""},
    Flag{0, "no-multicast", false, Meaning::kRefuseMulticast, ""},
    Flag{'t', "tftpd-timeout", true, Meaning::kFine, "the daemon stays; nothing is started for a request"},
    Flag{'v', "verbose", false, Meaning::kFine, "each transfer is logged"},
    Flag{0, "prevent-sas", false, Meaning::kFine, "a repeated acknowledgement never sends a block twice"},
    Flag{0, "no-fork", false, Meaning::kNotHonoured, "start rackcastd with --foreground instead"},
    Flag{0, "trace", false, Meaning::kNotHonoured, "rackcast record writes every datagram into a file"},
    Flag{0, "group", true, Meaning::kNotHonoured, "the user's own group is taken"},
    Flag{0, "daemon", false, Meaning::kNotHonoured, kUnderXinetd},
    Flag{0, "port", true, Meaning::kNotHonoured, kUnderXinetd},
    Flag{0, "bind-address", true, Meaning::kNotHonoured, kUnderXinetd},
    Flag{0, "logfile", true, Meaning::kNotHonoured, "the log goes to syslog"},
    Flag{0, "pidfile", true, Meaning::kNotHonoured, "no file with the process id is written"},
    Flag{0, "pcre", true, Meaning::kNotHonoured, "write its patterns as a map file, [tftp] map_file"},
    Flag{0, "pcre-test", true, Meaning::kNotHonoured, "atftpd would only test its patterns"},
    Flag{0, "mcast-ttl", true, Meaning::kNotHonoured, kMulticast},
    Flag{0, "mcast-addr", true, Meaning::kNotHonoured, kMulticast},
    Flag{0, "mcast-port", true, Meaning::kNotHonoured, kMulticast},
    Flag{0, "mcast-switch-client", false, Meaning::kNotHonoured, kMulticast},
    Flag{0, "mtftp", true, Meaning::kNotHonoured, kMulticast},
    Flag{0, "mtftp-port", true, Meaning::kNotHonoured, kMulticast},
    Flag{0, "no-source-port-checking", false, Meaning::kNotHonoured, "a transfer belongs to the port that asked"},
    Flag{'V', "version", false, Meaning::kNotHonoured, "atftpd would only print its version"},
    Flag{'h', "help", false, Meaning::kNotHonoured, "atftpd would only print its help"},
};

// Walks the words as getopt_long does: flags together, values in the same word or the next, long names cut short.
class ArgumentReader {
 public:
  ArgumentReader(bool atftpd, std::span<const XinetdWord> words, const FilePlace& line, ImportReport& report)
      : flags_(atftpd ? std::span<const Flag>(kAtftpdFlags) : std::span<const Flag>(kHpaFlags)),
        atftpd_(atftpd),
        words_(words),
        at_(line),
        report_(report) {}

  ServerArguments read() {
    for (index_ = 0; index_ < words_.size(); ++index_) {
      at_.column = words_[index_].column;
      const std::string_view word = words_[index_].text;
      if (word == "--")
        only_folders_ = true;
      else if (!only_folders_ && word.substr(0, 2) == "--")
        long_flag(word.substr(2));
      else if (!only_folders_ && word.size() > 1 && word[0] == '-')
        letters(word.substr(1));
      else if (word.substr(0, 2) == "//")
        break;  // a comment as C++ writes it; told below
      else
        folder(word);
    }
    if (index_ < words_.size()) tell(ImportKind::kRemark, words_[index_].text, "text behind the arguments is left out");
    if (arguments_.tftp.root.empty() && !bad_root_) missing_root();
    if (create_at_) uploads();
    return std::move(arguments_);
  }

 private:
  void tell(ImportKind kind, std::string_view subject, std::string message) {
    report_.add(kind, at_, subject, std::move(message));
  }

  void long_flag(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    std::vector<const Flag*> fits;
    for (const Flag& flag : flags_) {
      if (flag.name == name) fits.assign(1, &flag);
      if (flag.name == name) break;
      if (!name.empty() && flag.name.substr(0, name.size()) == name) fits.push_back(&flag);
    }
    if (fits.size() != 1) return unknown("--" + std::string(name));
    const bool has_value = equals != std::string_view::npos;
    apply(*fits[0], "--" + std::string(fits[0]->name), has_value ? text.substr(equals + 1) : "", has_value);
  }

  void letters(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto flag = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.letter == text[i]; });
      const std::string shown{'-', text[i]};
      if (flag == flags_.end()) {
        unknown(shown);
        continue;
      }
      const bool has_value = flag->takes_value && i + 1 < text.size();
      apply(*flag, shown, has_value ? text.substr(i + 1) : "", has_value);
      if (flag->takes_value) return;
    }
  }

  void unknown(const std::string& shown) {
    tell(ImportKind::kNotHonoured, shown,
         "no argument that is known of " + std::string(atftpd_ ? "atftpd" : "in.tftpd"));
  }

  void apply(const Flag& flag, const std::string& shown, std::string_view value, bool has_value) {
    if (flag.takes_value && !has_value) {
      if (index_ + 1 == words_.size()) return tell(ImportKind::kError, shown, "needs a value");
      value = words_[++index_].text;
    }
    switch (flag.meaning) {
      case Meaning::kSecure:
        tell(ImportKind::kHonoured, shown, "the folder is the root of all names");
        break;
      case Meaning::kUser:
        user(shown, value);
        break;
      case Meaning::kMapFile:
        map_file(shown, value);
        break;
      case Meaning::kRefuse:
        refuse(shown, value);
        break;
      case Meaning::kBlockSize:
        block_size(shown, value);
        break;
      case Meaning::kPorts:
        ports(shown, value);
        break;
      case Meaning::kRetransmitMicroseconds:
        retransmit(shown, whole_number<std::uint64_t>(value));
        break;
      case Meaning::kRetransmitSeconds: {
        const auto seconds = whole_number<std::uint64_t>(value);
        retransmit(shown, seconds && *seconds <= 255 ? std::optional(*seconds * 1'000'000) : std::nullopt);
        break;
      }
      case Meaning::kInstances:
        instances(shown, value);
        break;
      case Meaning::kRefuseBlksize:
        refuse(shown, "blksize");
        break;
      case Meaning::kRefuseTsize:
        refuse(shown, "tsize");
        break;
      case Meaning::kRefuseTimeout:
        refuse(shown, "timeout");
        break;
      case Meaning::kRefuseWindowsize:
        refuse(shown, "windowsize");
        break;
      case Meaning::kRefuseMulticast:
        refuse(shown, "multicast");
        break;
      case Meaning::kCreate:
        create_at_ = at_;
        break;
      case Meaning::kFine:
        tell(ImportKind::kHonoured, shown, std::string(flag.why));
        break;
      case Meaning::kNotHonoured:
        tell(ImportKind::kNotHonoured, shown, std::string(flag.why));
        break;
    }
  }

  void user(const std::string& shown, std::string_view value) {
    const std::string_view name = atftpd_ ? value.substr(0, value.find('.')) : value;  // user.group
    if (const std::string problem = config_detail::check_user_name(name); !problem.empty())
      return tell(ImportKind::kError, shown, problem);
    arguments_.user = name;
    tell(ImportKind::kHonoured, shown, "[server] user");
  }

  void map_file(const std::string& shown, std::string_view value) {
    if (const std::string problem = config_detail::check_absolute_path(value); !problem.empty())
      return tell(ImportKind::kError, shown, problem);
    arguments_.tftp.map_file = value;
    tell(ImportKind::kHonoured, shown, "[tftp] map_file");
  }

  void refuse(const std::string& shown, std::string_view option) {
    std::vector<std::string>& refused = arguments_.tftp.refused_options;
    std::string lower(option);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string known = " " + std::string(find_key("tftp", "refused_options")->choices) + " ";
    if (lower.empty() || known.find(" " + lower + " ") == std::string::npos)
      return tell(ImportKind::kNotHonoured, shown, "no TFTP option that is known: " + config_detail::quoted(option));
    if (std::find(refused.begin(), refused.end(), lower) == refused.end()) refused.push_back(lower);
    tell(ImportKind::kHonoured, shown, "[tftp] refused_options");
  }

  void block_size(const std::string& shown, std::string_view value) {
    const auto size = whole_number<std::uint64_t>(value);
    if (!size || *size < 512 || *size > 65'464)
      return tell(ImportKind::kError, shown, "a block size is 512 to 65464, not " + config_detail::quoted(value));
    arguments_.tftp.max_blksize = static_cast<std::uint16_t>(*size);
    tell(ImportKind::kHonoured, shown, "[tftp] max_blksize");
  }

  void ports(const std::string& shown, std::string_view value) {
    std::string range(value);
    std::replace(range.begin(), range.end(), ':', '-');
    arguments_.tftp.tid_ports = config_detail::parse_port_range(range);
    if (!arguments_.tftp.tid_ports)
      return tell(ImportKind::kError, shown, "ports are FIRST:LAST, not " + config_detail::quoted(value));
    tell(ImportKind::kHonoured, shown, "[tftp] ports");
  }

  void retransmit(const std::string& shown, std::optional<std::uint64_t> microseconds) {
    const KeySpec& key = *find_key("tftp", "retransmit_us");
    if (!microseconds || *microseconds < static_cast<std::uint64_t>(key.min) ||
        *microseconds > static_cast<std::uint64_t>(key.max))
      return tell(ImportKind::kNotHonoured, shown,
                  "10 ms to 255 s are taken; without it the first repetition follows the client's option timeout");
    arguments_.tftp.retransmit_us = static_cast<std::uint32_t>(*microseconds);
    tell(ImportKind::kHonoured, shown, "[tftp] retransmit_us");
  }

  void instances(const std::string& shown, std::string_view value) {
    const auto count = whole_number<std::uint64_t>(value);
    if (!count || *count == 0 || *count > 1'000'000)
      return tell(ImportKind::kNotHonoured, shown, "1 to 1000000 are taken");
    arguments_.tftp.admission.instances = static_cast<std::uint32_t>(*count);
    tell(ImportKind::kHonoured, shown, "[tftp] instances");
  }

  void folder(std::string_view word) {
    if (!arguments_.tftp.root.empty() || bad_root_)
      return tell(ImportKind::kNotHonoured, word,
                  word[0] == '/' ? "one folder is served; put the others under it" : "text behind the arguments");
    if (const std::string problem = config_detail::check_absolute_path(word); !problem.empty()) {
      bad_root_ = true;
      return tell(ImportKind::kError, word, problem);
    }
    arguments_.tftp.root = word;
    tell(ImportKind::kHonoured, word, "[tftp] root");
  }

  void missing_root() {
    if (atftpd_) {
      arguments_.tftp.root = "/srv/tftp";
      return tell(ImportKind::kRemark, "server_args", "names no folder: /srv/tftp, as atftpd does");
    }
    tell(ImportKind::kError, "server_args", "names no folder to serve; add one, as in server_args = -s /tftpboot");
  }

  // in.tftpd -c makes new files anywhere in the folder that it serves. Here they have a folder of their own, which
  // nothing is served from; and without -c there are none: in.tftpd would still overwrite files that all may write.
  void uploads() {
    const std::string folder = ServerConfig{}.state_dir + "/uploads";
    const std::string& root = arguments_.tftp.root;
    if (root.empty() || config_detail::one_in_the_other(folder, root))
      return report_.add(ImportKind::kNotHonoured, *create_at_, "-c",
                         "no file is taken from clients: " + folder +
                             " would be served; name another folder in a TOML file, [tftp] upload_dir");
    arguments_.tftp.upload.dir = folder;
    report_.add(ImportKind::kRemark, *create_at_, "-c",
                "[tftp] upload_dir " + folder +
                    ": new files go there under their sender's address and their name, not into " + root +
                    "; none is replaced, nor served");
  }

  std::span<const Flag> flags_;
  bool atftpd_;
  std::span<const XinetdWord> words_;
  FilePlace at_;
  ImportReport& report_;
  ServerArguments arguments_;
  std::size_t index_ = 0;
  std::optional<FilePlace> create_at_;  // -c, understood once the folder is known
  bool only_folders_ = false;
  bool bad_root_ = false;
};

}  // namespace

ServerArguments read_server_arguments(std::string_view program, std::span<const XinetdWord> words,
                                      const FilePlace& line, ImportReport& report) {
  return ArgumentReader(program.find("atftpd") != std::string_view::npos, words, line, report).read();
}

}  // namespace rackcast
