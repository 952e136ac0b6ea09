#include "core/oldfiles/xinetd_file.h"

#include <algorithm>

#include "proto/bytes/ascii.h"

namespace rackcast {
namespace {

using bytes::kBlanks;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::vector<XinetdWord> words_of(std::string_view line) {
  std::vector<XinetdWord> words;
  for (std::size_t at = line.find_first_not_of(kBlanks); at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back({std::string(line.substr(at, end - at)), static_cast<std::uint32_t>(at + 1)});
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

class FileParser {
 public:
  FileParser(std::string_view text, const std::string& file_name, ImportReport& report)
      : text_(text), file_(std::make_shared<const std::string>(file_name)), report_(report) {}

  std::vector<XinetdEntry> parse() {
    if (text_.substr(0, kByteOrderMark.size()) == kByteOrderMark) text_.remove_prefix(kByteOrderMark.size());
    while (next_line()) {
      if (state_ == State::kOutside)
        outside();
      else if (state_ == State::kBeforeBrace)
        before_brace();
      else
        inside();
    }
    if (state_ != State::kOutside)
      report_.add(ImportKind::kError, open_at_, entry_.name,
                  state_ == State::kInside ? "the entry is not closed: a line \"}\" is missing, the file may be cut off"
                                           : "\"{\" is missing");
    return std::move(entries_);
  }

 private:
  enum class State : std::uint8_t { kOutside, kBeforeBrace, kInside };

  // The next line that says something, in words_; false at the end.
  bool next_line() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++line_number_;
      if (line.size() > kXinetdLineBytesMax) {
        add(ImportKind::kNotHonoured, 1, "", "the line is longer than 8192 bytes; split it");
        continue;
      }
      words_ = words_of(line);
      if (!words_.empty() && words_[0].text[0] != '#') return true;
    }
    return false;
  }

  FilePlace place(std::uint32_t column) const { return {file_, line_number_, column}; }
  void add(ImportKind kind, std::uint32_t column, std::string_view subject, std::string message) {
    report_.add(kind, place(column), subject, std::move(message));
  }

  // Words from `first` on that are no comment are told.
  void tell_rest(std::size_t first) {
    if (first < words_.size() && words_[first].text[0] != '#')
      add(ImportKind::kRemark, words_[first].column, words_[first].text,
          "text behind the end of the line's meaning is left out");
  }

  void outside() {
    const std::string& keyword = words_[0].text;
    entry_ = {};
    entry_.at = place(words_[0].column);
    if (keyword == "defaults" || keyword == "defaults{")
      return open(XinetdEntry::Kind::kDefaults, 1, keyword.back() == '{');
    const bool service = keyword == "service";
    if (!service && keyword != "include" && keyword != "includedir") return not_understood();
    if (words_.size() < 2 || words_[1].text[0] == '#') {
      add(ImportKind::kNotHonoured, words_[0].column, keyword, "a name must follow, as in service tftp");
      if (service) open(XinetdEntry::Kind::kService, 1, false);
      return;
    }
    entry_.name = words_[1].text;
    if (!service) {
      entry_.kind = keyword == "include" ? XinetdEntry::Kind::kInclude : XinetdEntry::Kind::kIncludeFolder;
      tell_rest(2);
      return keep();
    }
    const bool brace = entry_.name.size() > 1 && entry_.name.back() == '{';
    if (brace) entry_.name.pop_back();
    open(XinetdEntry::Kind::kService, 2, brace);
  }

  void not_understood() {
    if (words_[0].text[0] == '{') {  // of something that was not understood
      entry_.name = "";
      open_at_ = place(words_[0].column);
      state_ = State::kInside;
      dropped_ = true;
    }
    add(ImportKind::kNotHonoured, words_[0].column, words_[0].text,
        "neither service, defaults, include nor includedir; the line is left out");
  }

  // `next` is the word behind the name.
  void open(XinetdEntry::Kind kind, std::size_t next, bool brace) {
    entry_.kind = kind;
    open_at_ = entry_.at;
    dropped_ = kind == XinetdEntry::Kind::kService && entry_.name.empty();
    state_ = brace ? State::kInside : State::kBeforeBrace;
    if (!brace && next < words_.size() && words_[next].text == "{") {
      state_ = State::kInside;
      ++next;
    }
    tell_rest(next);
  }

  void before_brace() {
    if (words_[0].text[0] == '{') {
      state_ = State::kInside;
      if (words_[0].text.size() > 1)
        add(ImportKind::kNotHonoured, words_[0].column, words_[0].text,
            "text behind \"{\" is left out; it needs a line of its own");
      else
        tell_rest(1);
      return;
    }
    report_.add(ImportKind::kNotHonoured, open_at_, entry_.name, "\"{\" does not follow; the entry is left out");
    state_ = State::kOutside;
    outside();
  }

  void inside() {
    if (words_[0].text[0] == '}') {
      state_ = State::kOutside;
      if (words_[0].text.size() > 1)
        add(ImportKind::kRemark, words_[0].column, words_[0].text, "text behind \"}\" is left out");
      else
        tell_rest(1);
      if (!std::exchange(dropped_, false)) keep();
      return;
    }
    read_attribute();
  }

  void keep() {
    if (entries_.size() < kXinetdEntriesMax)
      entries_.push_back(std::move(entry_));
    else
      report_.add(ImportKind::kNotHonoured, entry_.at, entry_.name, "more than 1024 entries; the rest is left out");
  }

  void read_attribute() {
    XinetdAttribute attribute;
    attribute.at = place(words_[0].column);
    if (!split_operator(attribute)) {
      add(ImportKind::kNotHonoured, words_[0].column, words_[0].text,
          "neither ATTRIBUTE = VALUE nor \"}\"; the line is left out");
      return;
    }
    if (++attributes_ > kXinetdAttributesMax) {
      add(ImportKind::kNotHonoured, words_[0].column, attribute.name,
          "more than 16384 attributes; the rest is left out");
      return;
    }
    const auto comment =
        std::find_if(words_.begin(), words_.end(), [](const XinetdWord& w) { return w.text[0] == '#'; });
    attribute.values.assign(std::make_move_iterator(words_.begin()), std::make_move_iterator(comment));
    entry_.attributes.push_back(std::move(attribute));
  }

  // Takes name and operator off words_; false: there is no operator. Operator and neighbours may stand together.
  bool split_operator(XinetdAttribute& attribute) {
    for (std::size_t i = 0; i < std::min<std::size_t>(words_.size(), 2); ++i) {
      XinetdWord& word = words_[i];
      const std::size_t equals = word.text.find('=');
      if (equals == std::string::npos) continue;
      std::size_t start = equals;
      if (equals > 0 && word.text[equals - 1] == '+') attribute.op = XinetdOperator::kAdd;
      if (equals > 0 && word.text[equals - 1] == '-') attribute.op = XinetdOperator::kRemove;
      if (attribute.op != XinetdOperator::kSet) --start;
      if (i == 1 && start != 0) return false;
      attribute.name = i == 1 ? words_[0].text : word.text.substr(0, start);
      if (attribute.name.empty()) return false;
      word.text.erase(0, equals + 1);
      word.column += static_cast<std::uint32_t>(equals + 1);
      words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(word.text.empty() ? i + 1 : i));
      return true;
    }
    return false;
  }

  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  ImportReport& report_;
  std::vector<XinetdEntry> entries_;
  XinetdEntry entry_;
  FilePlace open_at_;
  std::vector<XinetdWord> words_;
  std::size_t at_ = 0;
  std::size_t attributes_ = 0;
  std::uint32_t line_number_ = 0;
  State state_ = State::kOutside;
  bool dropped_ = false;
};

// Follows includes, within its bounds.
class Loader {
 public:
  Loader(OldFilesHost& host, ImportReport& report) : host_(host), report_(report) {}

  void load(const std::string& path, const FilePlace& from, unsigned depth) {
    if (depth > kXinetdIncludeDepthMax)
      return report_.add(ImportKind::kError, from, path, "includes go more than 8 deep: do they go in a circle?");
    if (files_ == kXinetdFilesMax)
      return report_.add(ImportKind::kError, from, path, "more than 256 files are included");
    ++files_;
    const auto text = host_.read(path, std::min(kXinetdFileBytesMax, kXinetdTotalBytesMax - bytes_));
    if (!text) {
      const auto file = std::make_shared<const std::string>(path);
      return report_.add(ImportKind::kError, from.file == nullptr ? FilePlace{file, 0, 0} : from, "",
                         text.error().message);
    }
    bytes_ += text->size();
    for (XinetdEntry& entry : parse_xinetd(*text, path, report_)) {
      if (entry.kind == XinetdEntry::Kind::kInclude)
        load(entry.name, entry.at, depth + 1);
      else if (entry.kind == XinetdEntry::Kind::kIncludeFolder)
        load_folder(entry, depth);
      else
        entries_.push_back(std::move(entry));
    }
  }

  std::vector<XinetdEntry> take() { return std::move(entries_); }

 private:
  // In strcmp's order, without names that hold a dot or end with a tilde: xinetd.conf(5).
  void load_folder(const XinetdEntry& entry, unsigned depth) {
    auto names = host_.list(entry.name);
    if (!names) return report_.add(ImportKind::kNotHonoured, entry.at, "includedir", names.error().message);
    std::sort(names->begin(), names->end());
    for (const std::string& name : *names)
      if (!name.empty() && name.find('.') == std::string::npos && name.back() != '~')
        load(entry.name + "/" + name, entry.at, depth + 1);
  }

  OldFilesHost& host_;
  ImportReport& report_;
  std::vector<XinetdEntry> entries_;
  std::size_t bytes_ = 0;
  std::size_t files_ = 0;
};

}  // namespace

std::vector<XinetdEntry> parse_xinetd(std::string_view text, const std::string& file_name, ImportReport& report) {
  return FileParser(text, file_name, report).parse();
}

std::vector<XinetdEntry> load_xinetd(const std::string& path, OldFilesHost& host, ImportReport& report) {
  Loader loader(host, report);
  loader.load(path, {}, 0);
  return loader.take();
}

}  // namespace rackcast
