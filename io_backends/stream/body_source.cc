#include "io_backends/stream/body_source.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace rackcast::io {

BodySource BodySource::choose(Lookup&& found, const ImageLookup& images) {
  if (images) {
    auto image = images(found.facts.identity);
    // Only a resident image is sealed: a held file could change like any other.
    if (image != nullptr && image->resident() && image->descriptor >= 0 && image->identity == found.facts.identity)
      return BodySource(std::move(image));
  }
  return BodySource(std::move(found));
}

BodySource::BodySource(Lookup&& found)
    : fd_(std::move(found.fd)), standing_{found.facts.identity, found.entry.mode,  found.entry.links,
                                          found.entry.owner,    found.entry.group, std::move(found.real_name)} {}

bool BodySource::unchanged() {
  return sealed() || content_stands(fd_.get(), standing_);
}

BodySource::Pages BodySource::look_at_pages(std::uint64_t from, std::uint64_t count) const {
  if (sealed() || count == 0) return Pages::kWarm;
  for (const std::uint64_t at : {from, from + count - 1}) {
    char byte = 0;
    iovec one{&byte, 1};
    const ssize_t got = ::preadv2(descriptor(), &one, 1, static_cast<off_t>(at), RWF_NOWAIT);
    if (got == 0) return Pages::kBeyondEnd;
    if (got < 0 && errno == EAGAIN) return Pages::kCold;
    // EOPNOTSUPP: a file system without the flag (tmpfs) is in memory anyway. Other errors show in the read itself.
  }
  return Pages::kWarm;
}

bool read_into_cache(int fd, std::uint64_t from, std::uint64_t count) {
  ::posix_fadvise(fd, static_cast<off_t>(from), static_cast<off_t>(count), POSIX_FADV_WILLNEED);
  std::vector<char> scratch(std::min<std::uint64_t>(count, 65'536));
  for (std::uint64_t done = 0; done < count;) {
    const std::size_t size = std::min<std::uint64_t>(scratch.size(), count - done);
    const ssize_t got = ::pread(fd, scratch.data(), size, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;  // shorter than promised: the check after the turn tells
    done += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace rackcast::io
