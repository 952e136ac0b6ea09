#include "core/engine/http/content_type.h"

#include <array>

#include "core/engine/http/message.h"
#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

struct TypeRow {
  std::string_view extension;
  std::string_view type;
};
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::array kTypes{
    TypeRow{"efi", "application/efi"},
    TypeRow{"iso", "application/vnd.efi-iso"},
    TypeRow{"img", "application/vnd.efi-img"},
    TypeRow{"rpm", "application/x-rpm"},
    TypeRow{"drpm", "application/x-rpm"},
    TypeRow{"deb", "application/vnd.debian.binary-package"},
    TypeRow{"udeb", "application/vnd.debian.binary-package"},
    TypeRow{"xml", "application/xml"},
    TypeRow{"gz", "application/gzip"},
    TypeRow{"tgz", "application/gzip"},
    TypeRow{"xz", "application/x-xz"},
    TypeRow{"zst", "application/zstd"},
    TypeRow{"bz2", "application/x-bzip2"},
    TypeRow{"zip", "application/zip"},
    TypeRow{"tar", "application/x-tar"},
    TypeRow{"cpio", "application/x-cpio"},
    TypeRow{"sqlite", "application/vnd.sqlite3"},
    TypeRow{"json", "application/json"},
    TypeRow{"pdf", "application/pdf"},
    TypeRow{"html", "text/html; charset=utf-8"},
    TypeRow{"htm", "text/html; charset=utf-8"},
    TypeRow{"css", "text/css; charset=utf-8"},
    TypeRow{"js", "text/javascript; charset=utf-8"},
    TypeRow{"png", "image/png"},
    TypeRow{"jpg", "image/jpeg"},
    TypeRow{"gif", "image/gif"},
    TypeRow{"svg", "image/svg+xml"},
    TypeRow{"ico", "image/vnd.microsoft.icon"},
    TypeRow{"txt", kPlainText},
    TypeRow{"msg", kPlainText},
    TypeRow{"cfg", kPlainText},
    TypeRow{"conf", kPlainText},
    TypeRow{"ks", kPlainText},
    TypeRow{"seed", kPlainText},
    TypeRow{"ipxe", kPlainText},
    TypeRow{"yaml", kPlainText},
    TypeRow{"yml", kPlainText},
    TypeRow{"treeinfo", kPlainText},
    TypeRow{"repo", kPlainText},
    TypeRow{"sh", kPlainText},
    TypeRow{"md", kPlainText},
    TypeRow{"log", kPlainText},
    TypeRow{"asc", kPlainText},
};

}  // namespace

std::string_view content_type_of(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  const auto dot = name.find_last_of('.');
  if (dot != std::string_view::npos)
    for (const TypeRow& row : kTypes)
      if (bytes::equal_any_case(row.extension, name.substr(dot + 1))) return row.type;
  return "application/octet-stream";
}

}  // namespace rackcast::engine
