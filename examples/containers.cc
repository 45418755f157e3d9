/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Containers of the C++ library on heaps of one's own: by a memory resource, and by an allocator.
 */
#include <osmem/heap.hpp>

#include <cstdio>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

static void describe(const char *name, struct osm_heap *heap)
{
	struct osm_stats stats;

	osm_heap_stats(heap, &stats);
	std::printf("%s: %zu blocks, healthy: %s\n", name, stats.live_blocks, osm_heap_check(heap, nullptr) ? "yes" : "no");
}

int main()
{
	//! [resource]
	osm::heap_ptr texts(osm_heap_create(osm_policy_find("best-fit", "tag"), osm_backend_find("mmap"), nullptr));

	if (!texts)
		return 1;
	osm::resource resource(texts.get());
	{
		std::pmr::vector<std::pmr::string> lines(&resource);

		lines.reserve(2);
		lines.emplace_back("a line that is too long to lie within the string itself");
		lines.emplace_back("and another one that is so as well, and therefore a block");
		describe("lines", texts.get());
	}
	//! [resource]
	describe("no lines", texts.get());

	//! [allocator]
	osm::heap_ptr nodes(osm_heap_create(osm_policy_find("buddy", nullptr), osm_backend_find("mmap"), nullptr));

	if (!nodes)
		return 1;
	using squares = std::map<int, int, std::less<int>, osm::allocator<std::pair<const int, int>>>;
	squares table(nodes.get());

	for (int i = 0; i < 100; i++)
		table.emplace(i, i * i);
	//! [allocator]
	std::printf("the square of 12 is %d\n", table.at(12));
	describe("nodes", nodes.get());
	return 0;
}

/* output:
lines: 3 blocks, healthy: yes
no lines: 0 blocks, healthy: yes
the square of 12 is 144
nodes: 100 blocks, healthy: yes
*/
