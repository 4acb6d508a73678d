//! The address space: areas, their memory, used pages.

pub mod backing;
pub mod bitmap;
pub mod space;
pub mod vma;

pub use space::{AddressSpace, Layout, MappedFile, SpaceImage, WriteBack};
pub use vma::{Kind, Pages, Vma, VmaMap};

#[cfg(test)]
mod tests;
