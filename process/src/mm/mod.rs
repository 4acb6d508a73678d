//! The address space: areas, their memory, used pages.

pub mod backing;
pub mod bitmap;
pub mod remap;
pub mod space;
pub mod vma;
pub mod whole;

pub use remap::Remap;
pub use space::{AddressSpace, Layout, MappedFile, WriteBack};
pub use vma::{Kind, Pages, Vma, VmaMap};
pub use whole::SpaceImage;

#[cfg(test)]
mod tests;
