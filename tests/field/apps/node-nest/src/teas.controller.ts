import { Body, Controller, Get, NotFoundException, Param, ParseIntPipe, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, IsPhoneNumber, IsOptional, Length } from 'class-validator';
import { i18nValidationMessage } from 'nestjs-i18n';

export class NewTea {
  @ApiProperty()
  @Length(2, 20, { message: i18nValidationMessage('site.length') })
  name: string;

  @ApiProperty({ required: false })
  @IsOptional()
  @IsEmail()
  grower?: string;

  @IsOptional()
  @IsPhoneNumber('DE')
  phone?: string;
}

@Controller('teas')
export class TeasController {
  private teas = [{ id: 1, name: 'assam' }, { id: 2, name: 'ceylon' }];

  @Get()
  all() {
    return this.teas;
  }

  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number) {
    const tea = this.teas.find((tea) => tea.id === id);
    if (!tea) throw new NotFoundException(`tea ${id} is sold out`);
    return tea;
  }

  @Post()
  create(@Body() tea: NewTea) {
    this.teas.push({ id: this.teas.length + 1, name: tea.name });
    return this.teas.at(-1);
  }

  @Post('upload')
  @UseInterceptors(FileInterceptor('f'))
  upload(@UploadedFile() file: Express.Multer.File) {
    return { name: file.originalname, bytes: file.size };
  }
}
